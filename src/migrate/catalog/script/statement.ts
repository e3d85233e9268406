import { literal } from '../../sql/quote.ts';

export interface ScriptStatement {
  /** What it makes or is about, for people: `table public.users`. */
  readonly what: string;
  readonly sql: string;
}

export function commented(what: string, on: string, comment: string | null): readonly ScriptStatement[] {
  return comment === null ? [] : [{ what, sql: `COMMENT ON ${on} IS ${literal(comment)}` }];
}

/** Where a partition, or a table that inherits, got it from its parent already, there is nothing to do. */
export function unlessInherited(sql: string): string {
  const body = `BEGIN ${sql}; EXCEPTION WHEN duplicate_object OR duplicate_table OR invalid_table_definition THEN NULL; END`;
  return `DO ${literal(body)}`;
}

/** `fillfactor=80`, `toast.autovacuum_enabled=false`. */
export function optionList(options: readonly string[]): string {
  return options
    .map((option) => {
      const at = option.indexOf('=');
      return at < 0 ? option : `${option.slice(0, at)} = ${literal(option.slice(at + 1))}`;
    })
    .join(', ');
}
