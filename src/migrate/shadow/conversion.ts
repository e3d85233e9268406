/**
 * From the old type of a column to the new one and back: what PostgreSQL does without touching a row, what can fail for
 * no value, and the SQL of either way.
 */
import type { CatalogColumn } from '../../model/catalog.ts';
import type { ParamsOf } from '../operation.ts';
import { expression } from '../sql/expression.ts';
import { identifier, literal } from '../sql/quote.ts';

export interface Conversion {
  readonly column: string;
  readonly from: string;
  readonly to: string;
  /** SQL over a row of the old form, and over one of the new form: the column's name means its own form in each. */
  readonly forward: string;
  readonly back: string;
  /** Neither way fails for a value that came from the other side, and different values stay different. */
  readonly forwardSafe: boolean;
}

type Alteration = Pick<ParamsOf<'alterColumn'>, 'using' | 'reverseUsing'>;

export function conversionOf(column: CatalogColumn, type: string, { using, reverseUsing }: Alteration): Conversion {
  const to = plainType(type);
  return {
    column: column.name,
    from: column.type,
    to: type,
    forward: using === undefined ? cast(column.name, type) : expression(using),
    back: reverseUsing === undefined ? cast(column.name, column.type) : expression(reverseUsing),
    forwardSafe: using === undefined && isSafe(plainType(column.type), to),
  };
}

interface PlainType {
  readonly name: string;
  readonly modifiers: readonly number[];
  /** The rest, as it is: `[]`, ` without time zone`. */
  readonly rest: string;
}

const spellings: Readonly<Record<string, string>> = {
  int: 'integer',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  decimal: 'numeric',
  varchar: 'character varying',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
  bool: 'boolean',
};

/** `varchar(20)` and `character varying(20)` are the same. */
export function plainType(written: string): PlainType {
  const text = written
    .trim()
    .toLowerCase()
    .replaceAll(/\s+/gu, ' ')
    .replace(/^pg_catalog\./u, '');
  const [, head = text, numbers, tail = ''] =
    /^([^([]+?) ?(?:\(([\d, ]+)\))?((?: with[a-z ]*)?(?:\[\])*)$/u.exec(text) ?? [];
  const named = `${head}${tail.replace(/(?:\[\])*$/u, '')}`;
  return {
    name: spellings[named] ?? named,
    modifiers: numbers === undefined ? [] : numbers.split(',').map(Number),
    rest: /(?:\[\])*$/u.exec(tail)![0],
  };
}

export function sameType(a: string, b: string): boolean {
  return JSON.stringify(plainType(a)) === JSON.stringify(plainType(b));
}

const strings = new Set(['character varying', 'text']);
const timestamps = new Set(['timestamp without time zone', 'timestamp with time zone']);

/** PostgreSQL neither rewrites the table nor its indexes for it. */
export function isWidening(from: string, to: string): boolean {
  const [old, wide] = [plainType(from), plainType(to)];
  if (old.rest !== '' || wide.rest !== '') return false;
  if (strings.has(old.name) && strings.has(wide.name)) return isWider(old.modifiers, wide.modifiers);
  if (old.name !== wide.name) return false;
  if (old.name === 'numeric') {
    return wide.modifiers.length === 0 || (isWider(old.modifiers, wide.modifiers) && scale(old) === scale(wide));
  }
  return timestamps.has(old.name) && isWider(old.modifiers, wide.modifiers);
}

/** No modifier is the widest. */
function isWider([old]: readonly number[], [wide]: readonly number[]): boolean {
  return wide === undefined || (old !== undefined && wide >= old);
}

function scale({ modifiers: [precision, digits = 0] }: PlainType): number | undefined {
  return precision === undefined ? undefined : digits;
}

const whole = ['smallint', 'integer', 'bigint'];
/** One value has one text. */
const plainTexts = new Set([...whole, 'uuid', 'boolean', 'date', 'character varying', 'text']);

function isSafe(from: PlainType, to: PlainType): boolean {
  if (from.rest !== '' || to.rest !== '' || to.modifiers.length > 0) return false;
  if (to.name === 'text' || to.name === 'character varying') return plainTexts.has(from.name);
  const [old, wide] = [whole.indexOf(from.name), whole.indexOf(to.name)];
  return old >= 0 && (to.name === 'numeric' || wide >= old);
}

/** An explicit cast cuts texts that are too long without a word; this fails for them, as an assignment does. */
function cast(column: string, type: string): string {
  const name = identifier(column);
  const {
    name: base,
    modifiers: [length],
  } = plainType(type);
  if (!['character varying', 'character', 'char'].includes(base) || length === undefined) return `(${name})::${type}`;
  const fits = `char_length(rtrim((${name})::text, ' ')) <= ${length}`;
  const failing = `(left((${name})::text, 0) || ${literal(`value too long for type ${type}`).trim()})::integer::text`;
  return `(CASE WHEN ${name} IS NULL OR ${fits} THEN (${name})::text ELSE ${failing} END)::${type}`;
}
