/**
 * Sets of values of one package, as bits: bit 0 says that the package is absent, bit n+1 that its n-th release is
 * chosen. Sets of one package have the same length; none is ever changed after it was made.
 */
export type Values = Uint32Array;

/** Of a package with `count` releases: absent and every release. */
export function allValues(count: number): Values {
  const values = new Uint32Array(wordsOf(count)).fill(0xff_ff_ff_ff);
  const rest = (count + 1) % 32;
  if (rest !== 0) values[values.length - 1] = 2 ** rest - 1;
  return values;
}

/** Just these releases, by index. */
export function releaseValues(count: number, releases: Iterable<number>): Values {
  const values = new Uint32Array(wordsOf(count));
  for (const release of releases) values[(release + 1) >>> 5]! |= 1 << (release + 1);
  return values;
}

function wordsOf(count: number): number {
  return ((count + 1) >>> 5) + ((count + 1) % 32 === 0 ? 0 : 1);
}

export function hasAbsent(values: Values): boolean {
  return (values[0]! & 1) !== 0;
}

export function hasRelease(values: Values, release: number): boolean {
  return (values[(release + 1) >>> 5]! & (1 << (release + 1))) !== 0;
}

/** Indexes of the releases in the set, ascending. */
export function releasesOf(values: Values): number[] {
  const found: number[] = [];
  for (let word = 0; word < values.length; word += 1) {
    let bits = values[word]!;
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const index = word * 32 + bit - 1;
      if (index >= 0) found.push(index);
    }
  }
  return found;
}

export function isEmpty(values: Values): boolean {
  return values.every((word) => word === 0);
}

export function isWithin(inner: Values, outer: Values): boolean {
  for (let word = 0; word < inner.length; word += 1) if ((inner[word]! & ~outer[word]!) !== 0) return false;
  return true;
}

export function isDisjoint(a: Values, b: Values): boolean {
  for (let word = 0; word < a.length; word += 1) if ((a[word]! & b[word]!) !== 0) return false;
  return true;
}

export function union(a: Values, b: Values): Values {
  const made = new Uint32Array(a.length);
  for (let word = 0; word < a.length; word += 1) made[word] = a[word]! | b[word]!;
  return made;
}

export function intersection(a: Values, b: Values): Values {
  const made = new Uint32Array(a.length);
  for (let word = 0; word < a.length; word += 1) made[word] = a[word]! & b[word]!;
  return made;
}

export function difference(a: Values, b: Values): Values {
  const made = new Uint32Array(a.length);
  for (let word = 0; word < a.length; word += 1) made[word] = a[word]! & ~b[word]!;
  return made;
}
