/** What a window is made of, in order: literals, repeats of one byte, and copies by address. */
export interface Steps {
  sizes: Int32Array;
  /** Of a copy, as if the source segment were the whole base; or one of the kinds below. */
  addresses: Int32Array;
  count: number;
}

export const literal = -1;
export const repeat = -2;

export function createSteps(): Steps {
  return { sizes: new Int32Array(1024), addresses: new Int32Array(1024), count: 0 };
}

/** Literals that follow literals are one step. */
export function addStep(steps: Steps, address: number, size: number): void {
  const last = steps.count - 1;
  if (address === literal && last >= 0 && steps.addresses[last] === literal) {
    steps.sizes[last]! += size;
    return;
  }
  if (steps.count === steps.sizes.length) {
    steps.sizes = doubled(steps.sizes);
    steps.addresses = doubled(steps.addresses);
  }
  steps.sizes[steps.count] = size;
  steps.addresses[steps.count] = address;
  steps.count += 1;
}

function doubled(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
