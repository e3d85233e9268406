import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDesired } from '../../../src/desired/parse.ts';
import { runs } from '../../support/runs.ts';

const reference = fileURLToPath(new URL('../../../examples/reference', import.meta.url));
const texts = readdirSync(reference, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .sort()
  .map((path) => readFileSync(join(reference, path), 'utf8'));

const noise = fc.constantFrom(
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '&a ',
  '*a',
  '!x ',
  '\n',
  '\t',
  '#',
  '1.10',
  'null',
  '|',
  '---\n',
  '\u0000',
  '\ud800',
  '$',
  '__proto__: ',
);

/** A finding is only of use when its place is a place. */
function expectPlaces(files: readonly { path: string; text: string }[]): void {
  const { desired, findings } = parseDesired(files);
  expect(desired === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  for (const { source } of findings) {
    if (source === undefined) continue;
    const lines = files.find(({ path }) => path === source.file)!.text.split('\n');
    expect(source.line).toBeGreaterThanOrEqual(1);
    expect(source.line).toBeLessThanOrEqual(lines.length);
    expect(source.col).toBeLessThanOrEqual(lines[source.line - 1]!.length + 1);
  }
}

test('random text never throws, and every finding has a place in it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.array(noise).map((parts) => parts.join('')),
      ),
      (text) => {
        expectPlaces([{ path: 'x.yaml', text }]);
      },
    ),
    runs(20_000),
  );
});

test('a valid document with any piece replaced never throws, and every finding has a place in it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat(12), noise, (text, at, length, piece) => {
      const start = at % text.length;
      expectPlaces([{ path: 'x.yaml', text: text.slice(0, start) + piece + text.slice(start + length) }]);
    }),
    runs(30_000),
  );
});
