/** What tables and views consist of; each with the OID of the relation it is a part of. */
import { isUserRelation, isVisible, readsList, relations, textList } from './user-objects.ts';

const ofTables = isUserRelation(`'r', 'p', 'f'`);
const ofTablesAndViews = isUserRelation(`'r', 'p', 'f', 'v', 'm'`);

function commentOn(oid: string, catalog: string): string {
  return `'comment', obj_description(${oid}, '${catalog}')`;
}

/** Names of the columns whose numbers `numbers` has, in its order. */
function columnNames(relation: string, numbers: string, order = 'k.ordinal'): string {
  return `(SELECT coalesce(json_agg(a.attname ORDER BY ${order}), '[]')
    FROM unnest(${numbers}) WITH ORDINALITY k(number, ordinal)
    JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.number)`;
}

export const columnsSql = `SELECT c.oid, 'columns', json_build_object(
    'name', a.attname, 'position', a.attnum, 'type', format_type(a.atttypid, a.atttypmod),
    'nullable', NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n'
      AND NOT k.convalidated AND k.conkey = ARRAY[a.attnum]),
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    'virtual', a.attgenerated = 'v',
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
      WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END END,
    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    'statisticsTarget', nullif(a.attstattarget, -1),
    'options', ${textList('SELECT unnest(a.attoptions) UNION ALL SELECT unnest(a.attfdwoptions)')},
    'comment', col_description(c.oid, a.attnum))
  FROM ${relations} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE ${ofTablesAndViews} AND ${isVisible('a.attname')}`;

/** A foreign key that a partition has of its parent is the parent's. */
export const constraintsSql = `SELECT c.oid, 'constraints', json_build_object(
    'name', k.conname, 'kind', CASE k.contype WHEN 'p' THEN 'primaryKey' WHEN 'u' THEN 'unique'
      WHEN 'f' THEN 'foreignKey' WHEN 'c' THEN 'check' ELSE 'exclusion' END,
    'columns', CASE k.contype WHEN 'c' THEN ${columnNames('c.oid', 'k.conkey', 'a.attname')}
      ELSE ${columnNames('c.oid', 'k.conkey')} END,
    'definition', CASE WHEN k.convalidated THEN pg_get_constraintdef(k.oid)
      ELSE regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') END,
    'validated', k.convalidated,
    'references', (SELECT fn.nspname || '.' || f.relname FROM pg_class f JOIN pg_namespace fn ON fn.oid = f.relnamespace
      WHERE k.contype = 'f' AND f.oid = k.confrelid),
    ${commentOn('k.oid', 'pg_constraint')})
  FROM ${relations} JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
  WHERE ${ofTables} AND ${isVisible('k.conname')} AND NOT (k.contype = 'f' AND k.conparentid <> 0)`;

export const indexesSql = `SELECT c.oid, 'indexes', json_build_object(
    'name', ic.relname, 'columns', ${columnNames('c.oid', 'i.indkey::int2[]')},
    'definition', pg_get_indexdef(i.indexrelid), 'unique', i.indisunique,
    'valid', i.indisvalid AND i.indisready AND i.indislive,
    'constraint', (SELECT k.conname FROM pg_constraint k
      WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')),
    'clustered', i.indisclustered,
    'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = ic.reltablespace),
    ${commentOn('ic.oid', 'pg_class')})
  FROM ${relations} JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class ic ON ic.oid = i.indexrelid
  WHERE ${isUserRelation(`'r', 'p', 'm'`)} AND ${isVisible('ic.relname')}`;

/** PostgreSQL prints the columns as they stand on disk. */
const statisticsDefinition = `format('CREATE STATISTICS %I.%I%s ON %s FROM %s', sn.nspname, s.stxname,
    (SELECT ' (' || string_agg(CASE x.kind WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END, ', '
      ORDER BY x.kind) || ')' FROM unnest(s.stxkind) x(kind) WHERE x.kind IN ('d', 'f', 'm')),
    concat_ws(', ', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY (s.stxkeys::int2[])),
      (SELECT string_agg(x.v, ', ' ORDER BY x.v COLLATE "C") FROM unnest(pg_get_statisticsobjdef_expressions(s.oid)) x(v))),
    c.oid::regclass)`;

export const statisticsSql = `SELECT c.oid, 'statistics', json_build_object(
    'schema', sn.nspname, 'name', s.stxname, 'definition', ${statisticsDefinition},
    'owner', pg_get_userbyid(s.stxowner), 'target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END,
    ${commentOn('s.oid', 'pg_statistic_ext')})
  FROM ${relations} JOIN pg_statistic_ext s ON s.stxrelid = c.oid JOIN pg_namespace sn ON sn.oid = s.stxnamespace
  WHERE ${isUserRelation(`'r', 'p', 'f', 'm'`)} AND ${isVisible('s.stxname')}`;

/** Those of Themis are known by what they call: some have names that come before, or after, all others. */
export const triggersSql = `SELECT c.oid, 'triggers', json_build_object(
    'name', g.tgname, 'definition', pg_get_triggerdef(g.oid),
    'fires', CASE g.tgenabled WHEN 'O' THEN 'origin' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'never' END,
    'calls', format('%s.%s()', pn.nspname, p.proname), ${commentOn('g.oid', 'pg_trigger')})
  FROM ${relations} JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgparentid = 0
  JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
  WHERE ${isUserRelation(`'r', 'p', 'f', 'v'`)} AND ${isVisible('p.proname')}`;

export const policiesSql = `SELECT c.oid, 'policies', json_build_object('name', l.polname,
    'definition', format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', l.polname, c.oid::regclass,
      CASE WHEN l.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE l.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ' ORDER BY r.rolname)
        FROM unnest(l.polroles) o(role) LEFT JOIN pg_roles r ON r.oid = o.role),
      ' USING (' || pg_get_expr(l.polqual, c.oid) || ')', ' WITH CHECK (' || pg_get_expr(l.polwithcheck, c.oid) || ')'),
    'reads', ${readsList('pg_policy', 'l.oid')}, ${commentOn('l.oid', 'pg_policy')})
  FROM ${relations} JOIN pg_policy l ON l.polrelid = c.oid
  WHERE ${ofTables} AND ${isVisible('l.polname')}`;

export const rulesSql = `SELECT c.oid, 'rules', json_build_object('name', r.rulename,
    'definition', pg_get_ruledef(r.oid), 'reads', ${readsList('pg_rewrite', 'r.oid')}, ${commentOn('r.oid', 'pg_rewrite')})
  FROM ${relations} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN'
  WHERE ${ofTablesAndViews} AND ${isVisible('r.rulename')}`;
