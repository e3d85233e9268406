/**
 * Shapes of data that comes from a file or a message: small checks that compose. A check costs nothing but itself
 * where the value is right; where it is wrong it names the place. Unknown members are allowed: readers ignore them.
 */
import { isDigest } from './digest.ts';

export interface ShapeProblem {
  /** `steps[3].before.packages`; '' is the value itself. */
  readonly path: string;
  /** `a string`, `one of a, b`: completes "must be ...". */
  readonly expected: string;
}

export type Shape = (value: unknown) => ShapeProblem | undefined;

export const text: Shape = (value) => (typeof value === 'string' ? undefined : wrong('text'));
export const flag: Shape = (value) => (typeof value === 'boolean' ? undefined : wrong('true or false'));
export const wholeNumber: Shape = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : wrong('a whole number of at least 0');
export const digest: Shape = (value) =>
  typeof value === 'string' && isDigest(value) ? undefined : wrong('sha256: and 64 hex digits');
export const anyObject: Shape = (value) => (isObject(value) ? undefined : wrong('an object'));

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/u;
/** RFC 3339 in UTC, as all of Themis writes it. */
export const instant: Shape = (value) =>
  typeof value === 'string' && instantPattern.test(value) ? undefined : wrong('a time such as 2026-11-21T18:00:00Z');

export function oneOf(...choices: readonly (string | boolean | number)[]): Shape {
  const problem = wrong(choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${choices.join(', ')}`);
  return (value) => (choices.includes(value as string) ? undefined : problem);
}

export function nullOr(shape: Shape): Shape {
  return (value) => (value === null ? undefined : shape(value));
}

export function matching(test: (value: string) => boolean, expected: string): Shape {
  const problem = wrong(expected);
  return (value) => (typeof value === 'string' && test(value) ? undefined : problem);
}

export function listOf(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return wrong('a list');
    for (let index = 0; index < value.length; index += 1) {
      const problem = shape(value[index]);
      if (problem !== undefined) return within(`[${index}]`, problem);
    }
    return undefined;
  };
}

export function recordOf(shape: Shape): Shape {
  return (value) => {
    if (!isObject(value)) return wrong('an object');
    for (const name of Object.keys(value)) {
      const problem = shape(value[name]);
      if (problem !== undefined) return within(`.${name}`, problem);
    }
    return undefined;
  };
}

export function objectOf(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  const members: readonly (readonly [string, Shape, boolean])[] = [
    ...Object.entries(required).map(([name, shape]) => [name, shape, true] as const),
    ...Object.entries(optional).map(([name, shape]) => [name, shape, false] as const),
  ];
  return (value) => {
    if (!isObject(value)) return wrong('an object');
    for (const [name, shape, needed] of members) {
      const member = value[name];
      if (member === undefined && !needed) continue;
      const problem = member === undefined ? wrong('present') : shape(member);
      if (problem !== undefined) return within(`.${name}`, problem);
    }
    return undefined;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(expected: string): ShapeProblem {
  return { path: '', expected };
}

function within(place: string, problem: ShapeProblem): ShapeProblem {
  const path = `${place}${problem.path}`;
  return { path, expected: problem.expected };
}

/** `steps[3].id must be text`. */
export function describeProblem(problem: ShapeProblem, whole: string): string {
  const place = problem.path === '' ? whole : problem.path.replace(/^\./u, '');
  return `${place} must be ${problem.expected}`;
}
