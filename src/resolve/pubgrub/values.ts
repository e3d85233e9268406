/**
 * Sets of values of one package, as bits: bit 0 says that the package is absent, bit n+1 that its n-th release is
 * chosen. Words of 32 bits in plain arrays, which are far cheaper to make than typed ones. Sets of one package have the
 * same length; none is ever changed after it was made.
 */
export type Values = readonly number[];

/** Of a package with `count` releases: absent and every release. */
export function allValues(count: number): Values {
  const values = Array.from({ length: wordsOf(count) }, () => -1);
  const rest = (count + 1) % 32;
  if (rest !== 0) values[values.length - 1] = (1 << rest) - 1;
  return values;
}

/** Just these releases, by index. */
export function releaseValues(count: number, releases: Iterable<number>): Values {
  const values = noValues(count);
  for (const release of releases) includeRelease(values, release);
  return values;
}

/** An empty set, to be filled. */
export function noValues(count: number): number[] {
  const values: number[] = [];
  for (let word = wordsOf(count); word > 0; word -= 1) values.push(0);
  return values;
}

function wordsOf(count: number): number {
  return ((count + 1) >>> 5) + ((count + 1) % 32 === 0 ? 0 : 1);
}

/** The same releases, and not absent. */
export function withoutAbsent(values: Values): Values {
  return hasAbsent(values) ? [values[0]! & ~1, ...values.slice(1)] : values;
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
  for (const word of values) if (word !== 0) return false;
  return true;
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
  const made: number[] = [];
  for (let word = 0; word < a.length; word += 1) made.push(a[word]! | b[word]!);
  return made;
}

/** Adds to a set that is still being made. */
export function include(making: number[], more: Values): void {
  for (let word = 0; word < making.length; word += 1) making[word]! |= more[word]!;
}

export function includeRelease(making: number[], release: number): void {
  making[(release + 1) >>> 5]! |= 1 << (release + 1);
}

export function intersection(a: Values, b: Values): Values {
  const made: number[] = [];
  for (let word = 0; word < a.length; word += 1) made.push(a[word]! & b[word]!);
  return made;
}

export function difference(a: Values, b: Values): Values {
  const made: number[] = [];
  for (let word = 0; word < a.length; word += 1) made.push(a[word]! & ~b[word]!);
  return made;
}
