/**
 * Where two catalogs differ, in sentences for people and tests. It knows the catalog by its shape alone, so a field that
 * is new to the model is compared without a line here. There is a sentence exactly where the digests differ.
 */
import { compareText } from '../../kernel/finding.ts';
import type { Catalog } from '../../model/schema/catalog.ts';
import { uncounted } from './catalog-digest.ts';

type Thing = Readonly<Record<string, unknown>>;

/** Lists of things with a name, with what one is called. */
const nouns: Readonly<Record<string, string>> = {
  schemas: 'schema',
  tables: 'table',
  views: 'view',
  enums: 'enum',
  types: 'type',
  sequences: 'sequence',
  functions: 'function',
  columns: 'column',
  constraints: 'constraint',
  indexes: 'index',
  statistics: 'statistics',
  triggers: 'trigger',
  policies: 'policy',
  rules: 'rule',
};

/** Lists of texts whose order says nothing. */
const sets: Readonly<Record<string, string>> = {
  grants: '',
  others: '',
  options: 'option ',
  publications: 'publication ',
};

/** They follow from the definition, and say nothing more where it is another. */
const derived: ReadonlySet<string> = new Set(['reads', 'references', 'calls', 'unique', 'columns']);

/** What `after` has otherwise than `before`: `table public.users: column email is missing`. In the order of the names. */
export function catalogDifference(before: Catalog, after: Catalog): readonly string[] {
  return differences('', before as unknown as Thing, after as unknown as Thing);
}

function differences(prefix: string, before: Thing, after: Thing): readonly string[] {
  const isRedefined = before['definition'] !== after['definition'];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => !uncounted.has(field) && !(isRedefined && derived.has(field)))
    .sort(compareText)
    .flatMap((field) => {
      const told = fieldDifferences(prefix, field, before[field], after[field]);
      return field === 'indexes' ? told.filter((sentence) => !isOfConstraint(sentence, prefix, before, after)) : told;
    });
}

/** The index of a constraint bears its name, and comes and goes with it. */
function isOfConstraint(sentence: string, prefix: string, before: Thing, after: Thing): boolean {
  const constraints = fieldDifferences(prefix, 'constraints', before['constraints'] ?? [], after['constraints'] ?? []);
  return (
    / is (?:new|missing)$/u.test(sentence) &&
    constraints.includes(sentence.replace(`${prefix}index `, `${prefix}constraint `))
  );
}

function fieldDifferences(prefix: string, field: string, before: unknown, after: unknown): readonly string[] {
  const set = sets[field];
  if (set !== undefined)
    return setDifferences(`${prefix}${set}`, before as readonly string[], after as readonly string[]);
  const noun = nouns[field];
  if (noun !== undefined && (isThings(before) || isThings(after))) {
    return listDifferences(`${prefix}${noun}`, before as readonly Thing[], after as readonly Thing[]);
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const [was, is] = excerpts(printed(before), printed(after));
  return [`${prefix}${field.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`)} is ${is}, was ${was}`];
}

function isThings(list: unknown): boolean {
  return Array.isArray(list) && typeof list[0] === 'object';
}

function setDifferences(prefix: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...before.filter((text) => !after.includes(text)).map((text) => `${prefix}${text} is missing`),
    ...after.filter((text) => !before.includes(text)).map((text) => `${prefix}${text} is new`),
  ];
}

function listDifferences(prefix: string, before: readonly Thing[], after: readonly Thing[]): readonly string[] {
  const [was, is] = [byName(before), byName(after)];
  return [...new Set([...was.keys(), ...is.keys()])].sort(compareText).flatMap((name) => {
    const [a, b] = [was.get(name), is.get(name)];
    if (a !== undefined && b !== undefined) return differences(`${prefix} ${name}: `, a, b);
    return [`${prefix} ${name} is ${a === undefined ? 'new' : 'missing'}`];
  });
}

function byName(things: readonly Thing[]): ReadonlyMap<string, Thing> {
  return new Map(things.map((thing) => [[thing['schema'], thing['name']].filter(Boolean).join('.'), thing]));
}

function printed(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/gu, ' ').trim();
}

const longestExcerpt = 100;
const leadIn = 20;

/** Of long texts that begin alike, only from shortly before where they part. */
function excerpts(a: string, b: string): readonly [string, string] {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const from = Math.max(a.length, b.length) > longestExcerpt ? Math.max(same - leadIn, 0) : 0;
  const cut = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + longestExcerpt)}${text.length > from + longestExcerpt ? '…' : ''}`;
  return [cut(a), cut(b)];
}
