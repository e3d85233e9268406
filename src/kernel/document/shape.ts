/**
 * Shapes of JSON documents that Themis itself defines and checks by hand because they are read on paths where no
 * schema library may be loaded: release manifests, indexes. A shape reports everything that is wrong and never throws.
 */
import { didYouMean } from '../did-you-mean.ts';
import { isJsonObject, type Json } from '../json.ts';

export interface ShapeProblem {
  readonly kind: 'missing' | 'unknown' | 'value' | 'limit';
  /** `files[3].sha256`; empty for the whole document. */
  readonly at: string;
  /** What should be there, as a phrase: `64 lower-case hex digits`. For an unknown field, the likely one if any. */
  readonly expected: string;
  readonly found: string;
}

export type Shape = (value: Json, at: string, report: (problem: ShapeProblem) => void) => void;

export interface Fields {
  readonly required: Readonly<Record<string, Shape>>;
  readonly optional?: Readonly<Record<string, Shape>>;
}

/** A value that passes `test`; `expected` says in words which ones do. */
export function valueShape(expected: string, test: (value: Json) => boolean): Shape {
  return (value, at, report) => {
    if (!test(value)) report({ kind: 'value', at, expected, found: shown(value) });
  };
}

export function textShape(expected: string, test: RegExp | ((text: string) => boolean)): Shape {
  const fits = test instanceof RegExp ? (text: string) => test.test(text) : test;
  return valueShape(expected, (value) => typeof value === 'string' && fits(value));
}

export function integerShape(minimum: number, maximum: number): Shape {
  return valueShape(
    `a whole number from ${minimum} to ${maximum}`,
    (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= minimum && value <= maximum,
  );
}

export function nullOr(shape: Shape): Shape {
  return (value, at, report) => {
    if (value !== null) shape(value, at, report);
  };
}

export const booleanShape = valueShape('true or false', (value) => typeof value === 'boolean');
export const objectShape = valueShape('an object', isJsonObject);

export function choiceShape(choices: readonly string[]): Shape {
  return valueShape(choices.join(', '), (value) => typeof value === 'string' && choices.includes(value));
}

export function listShape(item: Shape, limit: number): Shape {
  return (value, at, report) => {
    if (!Array.isArray(value)) report({ kind: 'value', at, expected: 'a list', found: shown(value) });
    else if (value.length > limit)
      report({ kind: 'limit', at, expected: `at most ${limit} entries`, found: `${value.length}` });
    else (value as readonly Json[]).forEach((entry, index) => item(entry, `${at}[${index}]`, report));
  };
}

export function recordShape(fields: Fields): Shape {
  const known: Readonly<Record<string, Shape>> = { ...fields.required, ...fields.optional };
  return (value, at, report) => {
    if (!isJsonObject(value)) {
      report({ kind: 'value', at, expected: 'an object', found: shown(value) });
      return;
    }
    for (const name of Object.keys(fields.required)) {
      if (!Object.hasOwn(value, name))
        report({ kind: 'missing', at: join(at, name), expected: name, found: 'nothing' });
    }
    for (const [name, member] of Object.entries(value)) {
      const shape = Object.hasOwn(known, name) ? known[name] : undefined;
      if (shape !== undefined) shape(member!, join(at, name), report);
      else
        report({
          kind: 'unknown',
          at: join(at, name),
          expected: didYouMean(name, Object.keys(known)) ?? '',
          found: name,
        });
    }
  };
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}

/** Short and safe to print. */
function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
