import canonicalize from 'canonicalize';

/**
 * Canonical JSON (RFC 8785): equal values give equal bytes, whatever the order of their members.
 * Members that are `undefined` are left out.
 *
 * JSON.stringify already writes numbers and strings as the RFC asks, and members in the order in which they
 * were added; so plain data is copied with its members in order and given to it, which is several times faster
 * than writing it piece by piece. Everything out of the ordinary goes to the reference implementation.
 */
export function canonicalJson(value: unknown): string {
  const copy = ordered(value, 0);
  const text = copy === outOfTheOrdinary ? canonicalize(value) : JSON.stringify(copy);
  if (text === undefined) throw new TypeError('canonicalJson: not a JSON value');
  return text;
}

const outOfTheOrdinary = Symbol('out of the ordinary');
const maxDepth = 200;
// An engine puts such members first, in numeric order, whenever they were added.
const indexLike = /^(?:0|[1-9]\d*)$/u;

function ordered(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : outOfTheOrdinary;
  if (typeof value === 'number') return Number.isFinite(value) ? value : outOfTheOrdinary;
  if (typeof value === 'boolean' || value === null || value === undefined) return value;
  if (typeof value !== 'object' || depth > maxDepth) return outOfTheOrdinary;
  return Array.isArray(value) ? orderedList(value, depth) : orderedMap(value, depth);
}

function orderedList(list: readonly unknown[], depth: number): unknown {
  const copy: unknown[] = [];
  for (const item of list) {
    const made = ordered(item, depth + 1);
    if (made === outOfTheOrdinary) return outOfTheOrdinary;
    copy.push(made);
  }
  return copy;
}

function orderedMap(map: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(map);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in map) return outOfTheOrdinary;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(map).sort()) {
    if (indexLike.test(key) || key === '__proto__' || !key.isWellFormed()) return outOfTheOrdinary;
    const made = ordered((map as Record<string, unknown>)[key], depth + 1);
    if (made === outOfTheOrdinary) return outOfTheOrdinary;
    copy[key] = made;
  }
  return copy;
}
