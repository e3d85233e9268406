/** Two files of which the second is made from the first by the edits that releases make; and files that are nothing like. */
import fc from 'fast-check';

export interface FilePair {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
}

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

const edit = fc.oneof(
  fc.record({ kind: fc.constant('replace'), at: position, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  fc.record({ kind: fc.constant('insert'), at: position, bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
  fc.record({ kind: fc.constant('remove'), at: position, length: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ kind: fc.constant('move'), at: position, length: fc.integer({ min: 1, max: 300 }), to: position }),
  /** As a linker does: every fourth byte from here on is greater by so much. */
  fc.record({ kind: fc.constant('relocate'), at: position, length: fc.nat(300), by: fc.integer({ min: 1, max: 255 }) }),
);
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function applyEdit(bytes: Uint8Array, one: Edit): Uint8Array {
  const at = Math.floor(one.at * bytes.length);
  if ('to' in one) {
    const moved = bytes.subarray(at, at + one.length);
    const rest = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + one.length)]);
    const to = Math.floor(one.to * rest.length);
    return Uint8Array.from([...rest.subarray(0, to), ...moved, ...rest.subarray(to)]);
  }
  if ('by' in one)
    return bytes.map((byte, index) =>
      index >= at && index < at + one.length && (index & 3) === 0 ? byte + one.by : byte,
    );
  const bytesIn = 'bytes' in one ? one.bytes : [];
  const removed = one.kind === 'insert' ? 0 : 'length' in one ? one.length : bytesIn.length;
  return Uint8Array.from([...bytes.subarray(0, at), ...bytesIn, ...bytes.subarray(at + removed)]);
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.uint8Array({ max: 1, maxLength: 2000 }),
  fc.array(fc.constantFrom('mov ', 'call ', 'jmp ', 'ret '), { maxLength: 300 }).map((words) => encode(words.join(''))),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 }))
    .map(([period, times]) => Uint8Array.from(Array.from({ length: times }, () => [...period]).flat())),
);

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Edited, equal, unrelated, or one of them empty. */
export const relatedFiles: fc.Arbitrary<FilePair> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(content, fc.array(edit, { maxLength: 8 }))
      .map(([base, edits]) => ({ base, target: edits.reduce(applyEdit, base) })),
  },
  { weight: 1, arbitrary: fc.record({ base: content, target: content }) },
  { weight: 1, arbitrary: content.map((base) => ({ base, target: new Uint8Array(0) })) },
  { weight: 1, arbitrary: content.map((target) => ({ base: new Uint8Array(0), target })) },
);
