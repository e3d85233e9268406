/** Types by the names that people know them under. */
import { namesOf } from '../../convert/tree.ts';
import { treeOf, type TreeOf } from './tree.ts';

export interface ReadType {
  /** Without length: `character varying`, `timestamp without time zone`. */
  readonly name: string;
  readonly modifiers: readonly number[];
  readonly array: boolean;
}

const spelled: ReadonlyMap<string, string> = new Map(
  Object.entries({
    int2: 'smallint',
    int4: 'integer',
    int8: 'bigint',
    float4: 'real',
    float8: 'double precision',
    bool: 'boolean',
    bpchar: 'character',
    varchar: 'character varying',
    timestamp: 'timestamp without time zone',
    timestamptz: 'timestamp with time zone',
    time: 'time without time zone',
    timetz: 'time with time zone',
    serial2: 'smallserial',
    serial4: 'serial',
    serial8: 'bigserial',
  }),
);

export function readTypeName(type: TreeOf<'TypeName'> | undefined): ReadType {
  const own = namesOf(type?.names)
    .filter((name) => name !== 'pg_catalog' && name !== 'public')
    .join('.');
  return {
    name: spelled.get(own) ?? own,
    modifiers: (type?.typmods ?? []).flatMap((node) => {
      const constant = treeOf(node, 'A_Const');
      return constant?.ival === undefined ? [] : (constant.ival.ival ?? 0);
    }),
    array: (type?.arrayBounds ?? []).length > 0,
  };
}

export function typeText({ name, modifiers, array }: ReadType): string {
  const length = modifiers.length === 0 ? '' : `(${modifiers.join(', ')})`;
  const [first, ...rest] = name.startsWith('time') ? name.split(' ') : [name];
  return `${[`${first}${length}`, ...rest].join(' ')}${array ? '[]' : ''}`;
}

const serials = new Set(['smallserial', 'serial', 'bigserial']);

export function isSerial({ name }: ReadType): boolean {
  return serials.has(name);
}

/** Of a second, in a time that does not say how many. */
const mostDigits = 6;

/** Whether PostgreSQL changes the type without writing the table anew: what is on disk stays right. */
export function keepsRows(from: ReadType, to: ReadType): boolean {
  const [a, b] = [from.name, to.name];
  // Of an array every element is looked at, whatever they are.
  if (from.array || to.array) return typeText(from) === typeText(to);
  const [oldLength, newLength] = [from.modifiers[0], to.modifiers[0]];
  if (b === 'text') return a === 'text' || a === 'character varying';
  if (b === 'character varying' && (a === b || a === 'text')) {
    return newLength === undefined || (a === b && oldLength !== undefined && newLength >= oldLength);
  }
  if (a !== b) return false;
  if (a === 'numeric') {
    if (to.modifiers.length === 0) return true;
    return oldLength !== undefined && newLength! >= oldLength && (from.modifiers[1] ?? 0) === (to.modifiers[1] ?? 0);
  }
  if (from.modifiers.join(',') === to.modifiers.join(',')) return true;
  if (a.startsWith('time')) return (oldLength ?? mostDigits) <= (newLength ?? mostDigits);
  if (a === 'interval') return to.modifiers.length === 0;
  return a === 'varbit' && (newLength === undefined || (oldLength !== undefined && oldLength <= newLength));
}
