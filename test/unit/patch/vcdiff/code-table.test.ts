import { expect, test } from 'vitest';
import { defaultCodeTable } from '../../../../src/patch/vcdiff/format/code-table.ts';

type Half = readonly [type: number, size: number, mode: number];
const [noop, add, run, copy] = [0, 1, 2, 3];
const nothing: Half = [noop, 0, 0];

function entry(opcode: number): readonly [Half, Half] {
  const { firstType, firstSize, firstMode, secondType, secondSize, secondMode } = defaultCodeTable;
  return [
    [firstType[opcode]!, firstSize[opcode]!, firstMode[opcode]!],
    [secondType[opcode]!, secondSize[opcode]!, secondMode[opcode]!],
  ];
}

/** First and last of every line of the table in RFC 3284 section 5.6. */
test.each<[number, Half, Half]>([
  [0, [run, 0, 0], nothing],
  [1, [add, 0, 0], nothing],
  [2, [add, 1, 0], nothing],
  [18, [add, 17, 0], nothing],
  [19, [copy, 0, 0], nothing],
  [20, [copy, 4, 0], nothing],
  [34, [copy, 18, 0], nothing],
  [35, [copy, 0, 1], nothing],
  [50, [copy, 18, 1], nothing],
  [51, [copy, 0, 2], nothing],
  [67, [copy, 0, 3], nothing],
  [83, [copy, 0, 4], nothing],
  [99, [copy, 0, 5], nothing],
  [115, [copy, 0, 6], nothing],
  [131, [copy, 0, 7], nothing],
  [147, [copy, 0, 8], nothing],
  [162, [copy, 18, 8], nothing],
  [163, [add, 1, 0], [copy, 4, 0]],
  [165, [add, 1, 0], [copy, 6, 0]],
  [166, [add, 2, 0], [copy, 4, 0]],
  [174, [add, 4, 0], [copy, 6, 0]],
  [175, [add, 1, 0], [copy, 4, 1]],
  [234, [add, 4, 0], [copy, 6, 5]],
  [235, [add, 1, 0], [copy, 4, 6]],
  [238, [add, 4, 0], [copy, 4, 6]],
  [239, [add, 1, 0], [copy, 4, 7]],
  [246, [add, 4, 0], [copy, 4, 8]],
  [247, [copy, 4, 0], [add, 1, 0]],
  [255, [copy, 4, 8], [add, 1, 0]],
])('opcode %i is what the default code table says', (opcode, first, second) => {
  expect(entry(opcode)).toEqual([first, second]);
});

test('the default code table has 256 entries', () => {
  for (const column of Object.values(defaultCodeTable)) expect(column).toHaveLength(256);
});
