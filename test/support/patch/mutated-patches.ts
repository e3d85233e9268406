/** Patches after damage or malice: bytes changed, put in, left out, cut off, or taken from another patch. */
import fc from 'fast-check';

type Mutation = (patch: Uint8Array) => Uint8Array;

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** Bytes that mean much where integers, sizes and kinds stand. */
const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff));

function splice(patch: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  return Buffer.concat([patch.subarray(0, at), added, patch.subarray(Math.min(patch.length, at + removed))]);
}

function mutation(others: readonly Uint8Array[]): fc.Arbitrary<Mutation> {
  const at = (patch: Uint8Array, where: number): number => Math.floor(where * patch.length);
  // Headers are few bytes of many; half of all damage goes there.
  const early = fc.oneof(
    place,
    place.map((where) => where / 20),
  );
  return fc.oneof(
    fc.tuple(early, byte).map(
      ([where, value]): Mutation =>
        (patch) =>
          splice(patch, at(patch, where), 1, Uint8Array.of(value)),
    ),
    fc.tuple(early, fc.nat(7)).map(([where, bit]): Mutation => (patch) => {
      const index = at(patch, where);
      return patch.map((value, other) => (other === index ? value ^ (1 << bit) : value));
    }),
    fc.tuple(early, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
      ([where, bytes]): Mutation =>
        (patch) =>
          splice(patch, at(patch, where), 0, bytes),
    ),
    fc.tuple(early, fc.integer({ min: 1, max: 16 })).map(
      ([where, count]): Mutation =>
        (patch) =>
          splice(patch, at(patch, where), count, new Uint8Array()),
    ),
    place.map(
      (where): Mutation =>
        (patch) =>
          patch.subarray(0, at(patch, where)),
    ),
    fc.tuple(fc.constantFrom(...others), place, place).map(
      ([other, from, to]): Mutation =>
        (patch) =>
          Buffer.concat([patch.subarray(0, at(patch, from)), other.subarray(at(other, to))]),
    ),
  );
}

/** One of the patches by its index, and what has become of it. */
export function mutatedPatches(patches: readonly Uint8Array[]): fc.Arbitrary<{ index: number; patch: Uint8Array }> {
  return fc
    .tuple(fc.nat(patches.length - 1), fc.array(mutation(patches), { minLength: 1, maxLength: 4 }))
    .map(([index, mutations]) => ({
      index,
      patch: mutations.reduce<Uint8Array>((patch, mutate) => mutate(patch), patches[index]!),
    }));
}
