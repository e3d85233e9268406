/**
 * Shapes: small checkers that turn a parsed JSON value into a typed one or throw MESSAGE_INVALID with the place.
 * `object` names every field of its type, so a field added to a message does not compile before it is checked here.
 */
import { isDigest } from '../kernel/digest.ts';
import type { Digest } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';

export type Shape<T> = (value: unknown, at: string) => T;

type Fields<T> = { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> };

export function text(limit = 4096, pattern?: RegExp): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string' || value.length > limit || pattern?.test(value) === false) {
      throw invalid(at, pattern === undefined ? `text of at most ${limit} characters` : `text like ${pattern.source}`);
    }
    return value;
  };
}

export function integer(minimum = 0): Shape<number> {
  return (value, at) => {
    if (!Number.isSafeInteger(value) || (value as number) < minimum) throw invalid(at, `a whole number >= ${minimum}`);
    return value as number;
  };
}

export const flag: Shape<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw invalid(at, 'true or false');
  return value;
};

export const digest: Shape<Digest> = (value, at) => {
  if (typeof value !== 'string' || !isDigest(value)) throw invalid(at, 'sha256: and 64 hex digits');
  return value;
};

export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  return (value, at) => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw invalid(at, `one of ${values.join(', ')}`);
    return found;
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

export function list<T>(shape: Shape<T>, limit = 100_000): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > limit) throw invalid(at, `a list of at most ${limit}`);
    return value.map((item, index) => shape(item, `${at}[${index}]`));
  };
}

export function record<T>(shape: Shape<T>, key: Shape<string>): Shape<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isJsonObject(value)) throw invalid(at, 'an object');
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [key(name, `${at}.${name}`), shape(item, `${at}.${name}`)]),
    );
  };
}

/** `strict` refuses fields it does not know, `open` drops them (a newer minor version may send more). */
export function object<T>(
  fields: Fields<T>,
  unknown: 'strict' | 'open',
  optional: readonly (keyof T & string)[] = [],
): Shape<T> {
  const shapes = Object.entries(fields) as [keyof T & string, Shape<unknown>][];
  return (value, at) => {
    if (!isJsonObject(value)) throw invalid(at, 'an object');
    const result: Record<string, unknown> = {};
    for (const [name, shape] of shapes) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (given === undefined && optional.includes(name)) continue;
      result[name] = shape(given, `${at}.${name}`);
    }
    if (unknown === 'strict') {
      for (const name of Object.keys(value))
        if (!Object.hasOwn(fields, name)) throw invalid(`${at}.${name}`, 'nothing');
    }
    return result as T;
  };
}

/** A union told apart by `kind` (or another field); each variant checks the whole object. */
export function variants<T>(shapes: Readonly<Record<string, Shape<T>>>, by = 'kind'): Shape<T> {
  return (value, at) => {
    const kind = isJsonObject(value) ? value[by] : undefined;
    const shape = typeof kind === 'string' && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
    if (shape === undefined) throw invalid(`${at}.${by}`, `one of ${Object.keys(shapes).join(', ')}`);
    return shape(value, at);
  };
}

export function invalid(at: string, wanted: string): ThemisError {
  return new ThemisError('MESSAGE_INVALID', `Message field ${at} is not ${wanted}.`);
}
