/** What bits cost under a model, in sixteenths of a bit. Integers only: the same choices on every machine. */
const shift = 4;

/** By probability over 16: -log2, by squaring. */
const prices = Uint16Array.from({ length: 128 }, (_, index) => {
  let value = (index << shift) + (1 << (shift - 1));
  let bits = 0;
  for (let step = 0; step < 4; step += 1) {
    value *= value;
    bits <<= 1;
    while (value >= 2 ** 16) {
      value = Math.floor(value / 2);
      bits += 1;
    }
  }
  return (11 << shift) - 15 - bits;
});

export function bitPrice(probability: number, bit: number): number {
  return prices[(bit === 0 ? probability : 2048 - probability) >> shift]!;
}

/** Most significant bit first. */
export function treePrice(model: Uint16Array, offset: number, bits: number, value: number): number {
  let node = 1;
  let price = 0;
  for (let bit = bits - 1; bit >= 0; bit -= 1) {
    const one = (value >> bit) & 1;
    price += bitPrice(model[offset + node]!, one);
    node = (node << 1) | one;
  }
  return price;
}

/** Least significant bit first. */
export function reverseTreePrice(model: Uint16Array, offset: number, bits: number, value: number): number {
  let node = 1;
  let price = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const one = (value >> bit) & 1;
    price += bitPrice(model[offset + node]!, one);
    node = (node << 1) | one;
  }
  return price;
}

/** Of a bit that no model is kept of. */
export const fixedPrice = 1 << shift;
