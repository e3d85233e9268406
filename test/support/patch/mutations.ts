/** What damage and malice do to the bytes of a patch. */
import fc from 'fast-check';

const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const sharp = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: position, bit: fc.nat(7) }),
  fc.record({
    kind: fc.constant('set' as const),
    at: position,
    bytes: fc.array(fc.oneof(fc.nat(255), sharp), { minLength: 1, maxLength: 9 }),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: position,
    bytes: fc.array(fc.oneof(fc.nat(255), sharp), { minLength: 1, maxLength: 9 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: position, length: fc.integer({ min: 1, max: 16 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: position, length: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: position }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

export function mutate(bytes: Uint8Array, by: readonly Mutation[]): Uint8Array {
  return by.reduce(mutateOnce, bytes);
}

function mutateOnce(bytes: Uint8Array, one: Mutation): Uint8Array {
  const at = Math.floor(one.at * bytes.length);
  const head = bytes.subarray(0, at);
  switch (one.kind) {
    case 'flip':
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << one.bit) : byte));
    case 'set':
      return Uint8Array.from([...head, ...one.bytes, ...bytes.subarray(at + one.bytes.length)]);
    case 'insert':
      return Uint8Array.from([...head, ...one.bytes, ...bytes.subarray(at)]);
    case 'remove':
      return Uint8Array.from([...head, ...bytes.subarray(at + one.length)]);
    case 'repeat':
      return Uint8Array.from([...head, ...bytes.subarray(at, at + one.length), ...bytes.subarray(at)]);
    case 'cut':
      return head;
  }
}
