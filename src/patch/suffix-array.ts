/**
 * All suffixes of a text in order, by induced sorting (SA-IS: Nong, Zhang, Chan 2009) in linear time. A suffix that is a
 * prefix of another comes first. Beside the text it needs four bytes per symbol: the reduced problem, its names and its
 * buckets live in the tail of the result. No type bits are kept: a suffix is known to begin a run of its type by its
 * left neighbour when it is placed, and says so by its sign (complement: nothing more follows from it in this pass).
 */
type Text = Uint8Array | Int32Array;

/** Positions of the suffixes in order, of at most 2^31 - 1 bytes. */
export function suffixArray(text: Uint8Array): Int32Array {
  return suffixArrayOf(text, 256);
}

/** The same for symbols from 0 to below `symbols`. */
export function suffixArrayOf(text: Text, symbols: number): Int32Array {
  const sorted = new Int32Array(text.length);
  sortSuffixes(text, sorted, symbols);
  return sorted;
}

interface Buckets {
  /** How often each symbol occurs. */
  readonly counts: Int32Array;
  /** Start or end of what is filled of each symbol's bucket. */
  readonly edges: Int32Array;
  /** They lie beyond the suffixes, where the reduced problem works too. */
  readonly borrowed: boolean;
}

/** `sorted` may be longer than the text: what is beyond is room to work in. */
function sortSuffixes(text: Text, sorted: Int32Array, symbols: number): void {
  const length = text.length;
  if (length < 2) {
    sorted.fill(0, 0, length);
    return;
  }
  const buckets = countSymbols(text, sorted, symbols);
  const runs = placeRuns(text, sorted, buckets);
  let names = runs;
  if (runs > 1) {
    sortRuns(text, sorted, buckets);
    names = nameRuns(text, sorted, runs);
  }
  if (names < runs) {
    sortReduced(text, sorted, runs, names);
    if (buckets.borrowed) count(text, buckets.counts);
  }
  if (runs > 1) spreadRuns(text, sorted, buckets, runs);
  induce(text, sorted, buckets);
}

function countSymbols(text: Text, sorted: Int32Array, symbols: number): Buckets {
  const end = sorted.length;
  const borrowed = end - text.length >= 2 * symbols;
  const counts = borrowed ? sorted.subarray(end - symbols) : new Int32Array(symbols);
  const edges = borrowed ? sorted.subarray(end - 2 * symbols, end - symbols) : new Int32Array(symbols);
  count(text, counts);
  return { counts, edges, borrowed };
}

function count(text: Text, counts: Int32Array): void {
  counts.fill(0);
  for (let at = 0; at < text.length; at += 1) counts[text[at]!]! += 1;
}

function toStarts({ counts, edges }: Buckets): void {
  let sum = 0;
  for (let symbol = 0; symbol < counts.length; symbol += 1) {
    edges[symbol] = sum;
    sum += counts[symbol]!;
  }
}

function toEnds({ counts, edges }: Buckets): void {
  let sum = 0;
  for (let symbol = 0; symbol < counts.length; symbol += 1) {
    sum += counts[symbol]!;
    edges[symbol] = sum;
  }
}

/**
 * Puts the left-most suffixes of the smaller type (S after L) at the ends of their buckets, unsorted, and returns how
 * many there are. The first of the text is left out: it is where the induction of the substrings would end.
 */
function placeRuns(text: Text, sorted: Int32Array, buckets: Buckets): number {
  const { edges } = buckets;
  const length = text.length;
  toEnds(buckets);
  sorted.fill(0, 0, length);
  let runs = 0;
  let slot = -1;
  let next = length;
  let at = length - 1;
  let symbol = text[at]!;
  for (;;) {
    let right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) >= right; at -= 1) right = symbol;
    if (at < 0) break;
    right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) <= right; at -= 1) right = symbol;
    if (at < 0) break;
    if (slot >= 0) sorted[slot] = next;
    slot = edges[right]! -= 1;
    next = at;
    runs += 1;
  }
  if (runs === 1) sorted[slot] = next + 1;
  return runs;
}

/** From the left-most ones, the order of the substrings between them; they end up complemented, all else is zero. */
function sortRuns(text: Text, sorted: Int32Array, buckets: Buckets): void {
  const { edges } = buckets;
  const length = text.length;
  toStarts(buckets);
  let at = length - 1;
  let current = text[at]!;
  let slot = edges[current]!;
  at -= 1;
  sorted[slot] = text[at]! < current ? ~at : at;
  slot += 1;
  for (let index = 0; index < length; index += 1) {
    at = sorted[index]!;
    if (at > 0) {
      const symbol = text[at]!;
      if (symbol !== current) {
        edges[current] = slot;
        current = symbol;
        slot = edges[symbol]!;
      }
      at -= 1;
      sorted[slot] = text[at]! < symbol ? ~at : at;
      slot += 1;
      sorted[index] = 0;
    } else if (at < 0) sorted[index] = ~at;
  }
  toEnds(buckets);
  current = 0;
  slot = edges[0]!;
  for (let index = length - 1; index >= 0; index -= 1) {
    at = sorted[index]!;
    if (at <= 0) continue;
    const symbol = text[at]!;
    if (symbol !== current) {
      edges[current] = slot;
      current = symbol;
      slot = edges[symbol]!;
    }
    at -= 1;
    slot -= 1;
    sorted[slot] = text[at]! > symbol ? ~(at + 1) : at;
    sorted[index] = 0;
  }
}

/**
 * Moves the sorted substrings to the front and writes behind them, at half the position, the rank of each: equal ones
 * share one. Returns how many ranks there are.
 */
function nameRuns(text: Text, sorted: Int32Array, runs: number): number {
  const length = text.length;
  for (let index = 0, filled = 0; filled < runs; index += 1) {
    const at = sorted[index]!;
    if (at >= 0) continue;
    sorted[index] = 0;
    sorted[filled] = ~at;
    filled += 1;
  }
  writeLengths(text, sorted, runs);
  let names = 0;
  let last = length;
  let lastLength = 0;
  for (let index = 0; index < runs; index += 1) {
    const at = sorted[index]!;
    const slot = runs + (at >>> 1);
    const size = sorted[slot]!;
    let equal = 0;
    if (size === lastLength && last + size < length) {
      while (equal < size && text[at + equal] === text[last + equal]) equal += 1;
    }
    if (equal < size || lastLength === 0) {
      names += 1;
      last = at;
      lastLength = size;
    }
    sorted[slot] = names;
  }
  return names;
}

function writeLengths(text: Text, sorted: Int32Array, runs: number): void {
  let next = text.length - 1;
  let at = next;
  let symbol = text[at]!;
  for (;;) {
    let right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) >= right; at -= 1) right = symbol;
    if (at < 0) return;
    right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) <= right; at -= 1) right = symbol;
    if (at < 0) return;
    sorted[runs + ((at + 1) >>> 1)] = next - at;
    next = at + 1;
  }
}

/** Sorts the left-most suffixes, when their ranks are not yet unique, as suffixes of the text of ranks. */
function sortReduced(text: Text, sorted: Int32Array, runs: number, names: number): void {
  const half = text.length >>> 1;
  const reduced = sorted.subarray(sorted.length - runs);
  for (let index = runs + half - 1, filled = runs - 1; index >= runs; index -= 1) {
    const name = sorted[index]!;
    if (name === 0) continue;
    reduced[filled] = name - 1;
    filled -= 1;
  }
  sortSuffixes(reduced, sorted.subarray(0, sorted.length - runs), names);
  let filled = runs - 1;
  let at = text.length - 1;
  let symbol = text[at]!;
  for (;;) {
    let right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) >= right; at -= 1) right = symbol;
    if (at < 0) break;
    right = symbol;
    for (at -= 1; at >= 0 && (symbol = text[at]!) <= right; at -= 1) right = symbol;
    if (at < 0) break;
    reduced[filled] = at + 1;
    filled -= 1;
  }
  for (let index = 0; index < runs; index += 1) sorted[index] = reduced[sorted[index]!]!;
}

/** The sorted left-most suffixes go from the front to the ends of their buckets; everything else becomes zero. */
function spreadRuns(text: Text, sorted: Int32Array, buckets: Buckets, runs: number): void {
  const { edges } = buckets;
  toEnds(buckets);
  let free = text.length;
  let index = runs - 1;
  while (index >= 0) {
    const symbol = text[sorted[index]!]!;
    const end = edges[symbol]!;
    if (end < free) sorted.fill(0, end, free);
    free = end;
    for (; index >= 0 && text[sorted[index]!] === symbol; index -= 1) {
      free -= 1;
      sorted[free] = sorted[index]!;
    }
  }
  sorted.fill(0, 0, free);
}

/** From the sorted left-most suffixes all others: larger ones forwards, then smaller ones backwards. */
function induce(text: Text, sorted: Int32Array, buckets: Buckets): void {
  const { edges } = buckets;
  const length = text.length;
  toStarts(buckets);
  let at = length - 1;
  let current = text[at]!;
  let slot = edges[current]!;
  sorted[slot] = at > 0 && text[at - 1]! < current ? ~at : at;
  slot += 1;
  for (let index = 0; index < length; index += 1) {
    at = sorted[index]!;
    sorted[index] = ~at;
    if (at <= 0) continue;
    at -= 1;
    const symbol = text[at]!;
    if (symbol !== current) {
      edges[current] = slot;
      current = symbol;
      slot = edges[symbol]!;
    }
    sorted[slot] = at > 0 && text[at - 1]! < symbol ? ~at : at;
    slot += 1;
  }
  toEnds(buckets);
  current = 0;
  slot = edges[0]!;
  for (let index = length - 1; index >= 0; index -= 1) {
    at = sorted[index]!;
    if (at <= 0) {
      sorted[index] = ~at;
      continue;
    }
    at -= 1;
    const symbol = text[at]!;
    if (symbol !== current) {
      edges[current] = slot;
      current = symbol;
      slot = edges[symbol]!;
    }
    slot -= 1;
    sorted[slot] = at === 0 || text[at - 1]! > symbol ? ~at : at;
  }
}
