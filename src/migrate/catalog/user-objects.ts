/**
 * Pieces of the catalog's queries. They all run with nothing but `pg_catalog` on the search path, and sort by bytes, since
 * the order of a database's own collation differs from one to the next.
 */
import { hiddenPrefix } from '../expand.ts';

/** What Themis keeps of itself in a database lies in it. */
const ownSchema = 'themis';

/** Neither the system's (temporary ones and those of long values are), nor that of Themis. */
export function isUserSchema(schema = 'n.nspname'): string {
  return `${schema} !~ '^pg_' AND ${schema} NOT IN ('information_schema', '${ownSchema}') AND ${isVisible(schema)}`;
}

export function isVisible(name: string): string {
  return `NOT starts_with(${name}, '${hiddenPrefix}')`;
}

/** `kinds`: `e`, of an extension; `i`, a part of another thing that comes and goes with it. */
export function isOnItsOwn(catalog: string, oid: string, kinds = `'e'`): string {
  return `NOT EXISTS (SELECT FROM pg_depend e
    WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.objsubid = 0 AND e.deptype IN (${kinds}))`;
}

/** A relation `c` in its schema `n`. */
export const relations = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace`;

export function isUserRelation(kinds: string): string {
  return `c.relkind IN (${kinds}) AND ${isUserSchema()} AND ${isVisible('c.relname')} AND ${isOnItsOwn('pg_class', 'c.oid')}`;
}

/** Array of the texts that `select` yields, each once. */
export function textList(select: string): string {
  return `(SELECT coalesce(json_agg(DISTINCT x.v), '[]') FROM (SELECT (q.v)::text COLLATE "C" AS v FROM (${select}) q(v)) x)`;
}

/** `kind` is that of `acldefault`, `on` SQL of what stands behind ON. */
export function grantList(acl: string, kind: 'r' | 's' | 'f' | 'T' | 'n', owner: string, on: string): string {
  return textList(grantsOf(`coalesce(${acl}, acldefault('${kind}', ${owner}))`, owner, on, `''`));
}

/** With those on columns. */
export function relationGrantList(): string {
  const on = 'c.oid::regclass::text';
  return textList(`${grantsOf(`coalesce(c.relacl, acldefault('r', c.relowner))`, 'c.relowner', on, `''`)}
    UNION ALL SELECT s.v FROM pg_attribute ca, LATERAL (
      ${grantsOf('ca.attacl', 'c.relowner', on, `format(' (%I)', ca.attname)`)}
    ) s(v) WHERE ca.attrelid = c.oid AND NOT ca.attisdropped AND ${isVisible('ca.attname')}`);
}

function grantsOf(acl: string, owner: string, on: string, columns: string): string {
  return `SELECT format('GRANT %s%s ON %s TO %s%s', g.privilege_type, ${columns}, ${on},
      CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
      CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM aclexplode(${acl}) g WHERE g.grantee <> ${owner}`;
}

/** What a view, a rule, a policy or a function's body reads. `but`: OID of a relation that is left out. */
export function readsList(catalog: string, oid: string, but = '0'): string {
  return textList(`SELECT concat_ws('.', rn.nspname, rc.relname, ra.attname)
    FROM pg_depend d
    JOIN pg_class rc ON rc.oid = d.refobjid AND rc.relkind IN ('r', 'p', 'f', 'v', 'm')
    JOIN pg_namespace rn ON rn.oid = rc.relnamespace
    LEFT JOIN pg_attribute ra ON ra.attrelid = d.refobjid AND ra.attnum = d.refobjsubid AND d.refobjsubid > 0
    WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.refclassid = 'pg_class'::regclass
      AND d.deptype = 'n' AND d.refobjid <> ${but}`);
}

export function textArray(array: string): string {
  return textList(`SELECT unnest(${array})`);
}
