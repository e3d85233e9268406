/** Whether an expression gives the same value for every row of one statement: else PostgreSQL computes it row by row. */
import type { Catalog } from '../../../model/schema/catalog.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { lastName, nodesOf } from './tree.ts';

/** Of PostgreSQL, stable or immutable, that people use in defaults. What is in no list may be anything. */
export const steadyFunctions: ReadonlySet<string> = new Set(
  [
    'now transaction_timestamp statement_timestamp timezone date_trunc date_part extract age make_date make_interval',
    'make_timestamp make_timestamptz to_char to_date to_timestamp to_number current_setting current_database',
    'current_schema version lower upper initcap trim btrim ltrim rtrim lpad rpad concat concat_ws format left right',
    'substring substr overlay position replace regexp_replace translate reverse repeat length char_length octet_length',
    'md5 sha256 encode decode abs ceil ceiling floor round trunc sign power sqrt mod greatest least coalesce nullif',
    'jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb row_to_json array_append',
    'array_length cardinality string_to_array array_to_string split_part jsonb_set convert_to convert_from unistr',
    'numeric text int4 int8 date interval bool pg_get_userbyid inet_client_addr is_normalized normalize',
  ].flatMap((line) => line.split(' ')),
);

/** Name of a function that may give another value for each row; undefined where there is none. */
export function volatileCall(expression: SqlNode | undefined, catalog: Catalog | null): string | undefined {
  for (const { funcname } of nodesOf(expression, 'FuncCall')) {
    const name = lastName(funcname);
    if (!steadyFunctions.has(name) && !declaredSteady(name, catalog)) return name;
  }
  return undefined;
}

function declaredSteady(name: string, catalog: Catalog | null): boolean {
  const own = (catalog?.functions ?? []).filter((one) => one.name.startsWith(`${name}(`));
  return own.length > 0 && own.every(({ definition }) => /\b(?:IMMUTABLE|STABLE)\b/u.test(definition));
}
