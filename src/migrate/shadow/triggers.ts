/**
 * Triggers that keep a hidden side equal while two releases write. Their functions return at once where `themis.quiet` is
 * on: walks and repairs do themselves what they would do.
 *
 * They never make a writer fail. A value that does not convert leaves the hidden side NULL; whoever relies on the hidden
 * side looks for such rows first (see `lost.ts`).
 */
import type { NamedIn } from '../../model/schema-step.ts';
import { identifier, literal, qualified } from '../sql/quote.ts';

export const quiet = `pg_catalog.current_setting('themis.quiet', true) = 'on'`;

/** Triggers fire in the order of their names' bytes: before, and after, those that people name in ASCII. */
export const firstOf = (hidden: string) => `!${hidden}`.slice(0, longestName);
export const lastOf = (hidden: string) => `~${hidden}`.slice(0, longestName);
const longestName = 63;

export interface TriggerFunction {
  readonly name: NamedIn;
  /** PL/pgSQL between `AS` and its end. */
  readonly body: string;
  /** Runs with the rights of its owner, for it writes where the writer may not. */
  readonly owner?: string;
}

/** Names in expressions mean what they mean to whoever creates it: to the walk, not to the writer. */
export function createFunction({ name, body, owner }: TriggerFunction): readonly string[] {
  let tag = '$themis$';
  for (let number = 1; body.includes(tag); number += 1) tag = `$themis${number}$`;
  const rights = owner === undefined ? '' : ' SECURITY DEFINER';
  return [
    `CREATE FUNCTION ${qualified(name)}() RETURNS trigger LANGUAGE plpgsql${rights} SET search_path FROM CURRENT AS ${tag}\n${body}\n${tag}`,
    ...(owner === undefined ? [] : [`ALTER FUNCTION ${qualified(name)}() OWNER TO ${identifier(owner)}`]),
  ];
}

export function dropTrigger(name: string, table: NamedIn): string {
  return `DROP TRIGGER IF EXISTS ${identifier(name)} ON ${qualified(table)}`;
}

export function dropFunction(name: NamedIn): string {
  return `DROP FUNCTION IF EXISTS ${qualified(name)}()`;
}

/** A text of SQL in a statement, wherever it stands. */
export function text(value: string): string {
  return literal(value).trim();
}

/** To the bit, NULL included, of types too that have no equality. Each is a list of values. */
export function same(one: string, other: string): string {
  return `(ROW(${one})::record *= ROW(${other})::record)`;
}
