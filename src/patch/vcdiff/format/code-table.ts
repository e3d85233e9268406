/**
 * The default code table (RFC 3284 section 5.6): what each of 256 opcodes does, one or two instructions. A size of 0
 * means that the size follows the opcode. Columns are arrays of their own because decoding reads little else.
 */
export const noop = 0;
export const add = 1;
export const run = 2;
export const copy = 3;

export interface CodeTable {
  readonly firstType: Uint8Array;
  readonly firstSize: Uint8Array;
  readonly firstMode: Uint8Array;
  readonly secondType: Uint8Array;
  readonly secondSize: Uint8Array;
  readonly secondMode: Uint8Array;
}

type Instruction = readonly [type: number, size: number, mode: number];

/** SELF, HERE, then the slots of the near cache, then those of the same cache (section 5.3). */
export const nearSlots = 4;
export const sameSlots = 3;
export const firstNearMode = 2;
export const firstSameMode = firstNearMode + nearSlots;
export const modes = firstSameMode + sameSlots;

export const defaultCodeTable: CodeTable = tableOf([...instructions()]);

function* instructions(): Generator<readonly [Instruction, Instruction]> {
  const nothing: Instruction = [noop, 0, 0];
  yield [[run, 0, 0], nothing];
  for (let size = 0; size <= 17; size += 1) yield [[add, size, 0], nothing];
  for (let mode = 0; mode < modes; mode += 1)
    for (const size of [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]) yield [[copy, size, mode], nothing];
  for (let mode = 0; mode < firstSameMode; mode += 1)
    for (let size = 1; size <= 4; size += 1)
      for (let copied = 4; copied <= 6; copied += 1)
        yield [
          [add, size, 0],
          [copy, copied, mode],
        ];
  for (let mode = firstSameMode; mode < modes; mode += 1)
    for (let size = 1; size <= 4; size += 1)
      yield [
        [add, size, 0],
        [copy, 4, mode],
      ];
  for (let mode = 0; mode < modes; mode += 1)
    yield [
      [copy, 4, mode],
      [add, 1, 0],
    ];
}

function tableOf(codes: readonly (readonly [Instruction, Instruction])[]): CodeTable {
  const column = (half: 0 | 1, field: 0 | 1 | 2): Uint8Array => Uint8Array.from(codes, (code) => code[half][field]);
  return {
    firstType: column(0, 0),
    firstSize: column(0, 1),
    firstMode: column(0, 2),
    secondType: column(1, 0),
    secondSize: column(1, 1),
    secondMode: column(1, 2),
  };
}
