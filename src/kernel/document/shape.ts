/**
 * Shapes of data that comes from a file or a message: small checks that compose, for the paths where no schema library
 * is loaded. One pass tells the type, the limits and every problem with its place, or stops at the first. Only own
 * members count. A right value costs no more than looking at it: it is not copied, and places are put together on the
 * way out of a problem. `objectOf<T>` names every field of T, so a new field does not compile before it is checked.
 */
import { didYouMean } from '../did-you-mean.ts';
import { type Digest, isDigest } from '../digest.ts';
import { isJsonObject, type JsonObject } from '../json.ts';

export interface ShapeProblem {
  readonly kind: 'missing' | 'unknown' | 'value' | 'limit';
  /** `files[3].sha256`; empty for the whole value. */
  readonly at: string;
  /** What should be there, as a phrase: `64 lower-case hex digits`. For an unknown field, the likely one if any. */
  readonly expected: string;
  /** Short and safe to print. */
  readonly found: string;
}

/** Says what is wrong and returns the value. What it returns counts only if nothing was wrong. */
export type Shape<T> = (value: unknown, problems: Problems) => T;

/** Filled by shapes; a shape that meets something wrong ends as soon as `full`. */
export class Problems {
  readonly found: ShapeProblem[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get full(): boolean {
    return this.found.length >= this.most;
  }

  add(kind: ShapeProblem['kind'], expected: string, found: string, at = ''): void {
    if (!this.full) this.found.push({ kind, at, expected, found });
  }

  /** The problems after the first `count` lie in the member `place` of what is looked at. */
  within(place: string, count: number): void {
    for (let index = count; index < this.found.length; index += 1) {
      const problem = this.found[index]!;
      this.found[index] = { ...problem, at: `${place}${problem.at}` };
    }
  }
}

export type ShapeRead<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly [ShapeProblem, ...ShapeProblem[]] };

/** Every problem, in the order of the fields; with `most`, no more than so many of them. */
export function readShape<T>(shape: Shape<T>, value: unknown, most = Infinity): ShapeRead<T> {
  const problems = new Problems(most);
  const read = shape(value, problems);
  const [first, ...others] = problems.found.map((problem) => ({ ...problem, at: problem.at.replace(/^\./u, '') }));
  return first === undefined ? { ok: true, value: read } : { ok: false, problems: [first, ...others] };
}

/** A value that passes `test`; `expected` says in words which ones do. */
export function valueOf<T>(expected: string, test: (value: unknown) => boolean): Shape<T> {
  return (value, problems) => {
    if (!test(value)) problems.add('value', expected, shown(value));
    return value as T;
  };
}

export function textOf<T extends string = string>(
  expected: string,
  test: RegExp | ((text: string) => boolean),
): Shape<T> {
  const fits = test instanceof RegExp ? (text: string) => test.test(text) : test;
  return (value, problems) => {
    if (typeof value !== 'string' || !fits(value)) problems.add('value', expected, shown(value));
    return value as T;
  };
}

export function integerFrom(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Shape<number> {
  const expected =
    maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${minimum}`
      : `a whole number from ${minimum} to ${maximum}`;
  return valueOf(
    expected,
    (value) => Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
  );
}

export const text = valueOf<string>('text', (value) => typeof value === 'string');
export const flag = valueOf<boolean>('true or false', (value) => typeof value === 'boolean');
export const wholeNumber = integerFrom(0);
export const digest = textOf<Digest>('sha256: and 64 lower-case hex digits', isDigest);
const notObject = valueOf<never>('an object', () => false);
const notList = valueOf<never>('a list', () => false);
export const anyObject = valueOf<JsonObject>('an object', isJsonObject);
/** RFC 3339 in UTC, as all of Themis writes it. */
export const instant = textOf('a time such as 2026-11-21T18:00:00Z', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u);

export function oneOf<const T extends string | boolean | number>(...choices: readonly T[]): Shape<T> {
  const expected = choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${choices.join(', ')}`;
  return valueOf(expected, (value) => choices.includes(value as T));
}

export function nullOr<T>(shape: Shape<T>): Shape<T | null> {
  return (value, problems) => (value === null ? null : shape(value, problems));
}

export function listOf<T>(item: Shape<T>, limit = Infinity): Shape<readonly T[]> {
  return (value, problems) => {
    if (!Array.isArray(value)) return notList(value, problems);
    const list = value as readonly T[];
    if (list.length > limit) {
      problems.add('limit', `at most ${limit} entries`, `${list.length}`);
      return list;
    }
    let copy: T[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const count = problems.found.length;
      const read = item(list[index], problems);
      if (problems.found.length > count) {
        problems.within(`[${index}]`, count);
        if (problems.full) return list;
      } else if (read !== list[index]) (copy ??= [...list])[index] = read;
    }
    return copy ?? list;
  };
}

/** An object whose members are all alike; `name` is the shape of their names. */
export function recordOf<T>(member: Shape<T>, name: Shape<string> = text): Shape<Readonly<Record<string, T>>> {
  return (value, problems) => {
    if (!isJsonObject(value)) return notObject(value, problems);
    const record = value as Readonly<Record<string, T>>;
    let copy: Record<string, T> | undefined;
    for (const key of Object.keys(record)) {
      const count = problems.found.length;
      name(key, problems);
      const read = problems.full ? record[key]! : member(record[key], problems);
      if (problems.found.length > count) {
        problems.within(placeOf(key), count);
        if (problems.full) return record;
        // The copy has own members of these names already, so that no setter is met, not even `__proto__`.
      } else if (read !== record[key]) (copy ??= { ...record })[key] = read;
    }
    return copy ?? record;
  };
}

export interface OptionalShape<T> {
  readonly optional: Shape<T>;
}

/** Of a field that may be absent. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { optional: shape };
}

export type Fields<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? OptionalShape<Exclude<T[K], undefined>>
    : Shape<T[K]>;
};

/** The same object is looked at once: for what many places share, and nobody changes. */
export function sharedOf<T extends object>(shape: Shape<T>): Shape<T> {
  const good = new WeakSet<object>();
  return (value, problems) => {
    if (typeof value === 'object' && value !== null && good.has(value)) return value as T;
    const count = problems.found.length;
    const read = shape(value, problems);
    if (problems.found.length === count && read === value) good.add(read);
    return read;
  };
}

/** Fields that a shape does not name: left where they are, left out of the result, or a problem each. */
export type UnknownFields = 'keep' | 'drop' | 'refuse';

export function objectOf<T>(fields: Fields<T>, unknownFields: UnknownFields = 'keep'): Shape<T> {
  // What JSON.parse made inherits only the names of Object.prototype, so a large snapshot is spared asking for the others.
  const asks = (name: string): boolean => unknownFields !== 'keep' || name in Object.prototype;
  const known = Object.entries<Shape<unknown> | OptionalShape<unknown>>(fields).map(([name, field]) =>
    typeof field === 'function'
      ? { name, shape: field, required: true, asked: asks(name) }
      : { name, shape: field.optional, required: false, asked: asks(name) },
  );
  return (value, problems) => {
    if (!isJsonObject(value)) return notObject(value, problems);
    let copy: Record<string, unknown> | undefined = unknownFields === 'drop' ? {} : undefined;
    for (const { name, shape, required, asked } of known) {
      const member = value[name];
      if (member === undefined || (asked && !Object.hasOwn(value, name))) {
        if (required) problems.add('missing', name, 'nothing', `.${name}`);
      } else {
        const count = problems.found.length;
        const read = shape(member, problems);
        if (problems.found.length > count) problems.within(`.${name}`, count);
        else if (unknownFields === 'drop' || read !== member) (copy ??= { ...value })[name] = read;
      }
      if (problems.full) return value as T;
    }
    if (unknownFields === 'refuse') refuseUnknown(value, fields, problems);
    return (copy ?? value) as T;
  };
}

/** A union told apart by the field `by`, a text or a flag. Each variant checks the whole object, that field too. */
export function variantsOf<T>(by: string, shapes: Readonly<Record<string, Shape<T>>>): Shape<T> {
  const variants = new Map(Object.entries(shapes));
  const expected = `one of ${[...variants.keys()].join(', ')}`;
  return (value, problems) => {
    if (!isJsonObject(value)) return notObject(value, problems);
    const tag = Object.hasOwn(value, by) ? value[by] : undefined;
    const shape = typeof tag === 'string' || typeof tag === 'boolean' ? variants.get(String(tag)) : undefined;
    if (shape !== undefined) return shape(value, problems);
    if (tag === undefined) problems.add('missing', by, 'nothing', `.${by}`);
    else problems.add('value', expected, shown(tag), `.${by}`);
    return value as T;
  };
}

/** `steps[3].id must be text`; `whole` names the whole value. */
export function describeProblem({ kind, at, expected, found }: ShapeProblem, whole: string): string {
  const place = at === '' ? whole : at;
  switch (kind) {
    case 'missing':
      return `${place} must be present`;
    case 'unknown':
      return `${place} is not a known field${expected === '' ? '' : `; did you mean ${expected}`}`;
    case 'limit':
      return `${place} must have ${expected}, not ${found}`;
    case 'value':
      return `${place} must be ${expected}`;
  }
}

function refuseUnknown(value: JsonObject, fields: object, problems: Problems): void {
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) continue;
    problems.add('unknown', didYouMean(name, Object.keys(fields)) ?? '', shownName(name), placeOf(name));
    if (problems.full) return;
  }
}

/** Names that a stranger chose are quoted where they could be taken for something else. */
function placeOf(name: string): string {
  return plainName.test(name) ? `.${name}` : `[${shown(name)}]`;
}

function shownName(name: string): string {
  return plainName.test(name) ? name : shown(name);
}

const plainName = /^[\w$@/.-]{1,128}$/u;

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? typeof value;
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
