import { digestBytes, hexOf } from '../../../src/kernel/digest.ts';
import { makeRelease } from './releases.ts';

/** Ten megabytes of which no two lines are equal, and files beside them; the same in every process. */
const blocks = Array.from({ length: 2560 }, (_, block) => hexOf(digestBytes(String(block))).slice(0, 55));
const lines = blocks.flatMap((block, index) =>
  Array.from({ length: 64 }, (_, line) => block + String(index * 64 + line).padStart(9, '0')),
);
const beside = Array.from({ length: 8 }, (_, index): [string, string] => [
  `share/${index}`,
  lines.slice(index, index + 4000).join(''),
]);

export const bigRelease = makeRelease({
  version: '2.0.0',
  files: { 'bin/server': [lines.join(''), '0755'], ...Object.fromEntries(beside) },
});
