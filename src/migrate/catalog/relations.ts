/** Tables, views and sequences, without their parts. */
import {
  isUserRelation,
  readsList,
  relationGrantList,
  grantList,
  relations,
  textArray,
  textList,
} from './user-objects.ts';

const named = `'schema', n.nspname, 'name', c.relname, 'owner', pg_get_userbyid(c.relowner),
  'comment', obj_description(c.oid, 'pg_class')`;

export function tablesSql(serverVersionNumber: number): string {
  return `SELECT c.oid, 'tables', json_build_object(${named}, 'grants', ${relationGrantList()},
    'kind', CASE WHEN c.relkind = 'p' THEN 'partitioned' WHEN c.relkind = 'f' THEN 'foreign'
      WHEN c.relispartition THEN 'partition' ELSE 'table' END,
    'rowSecurity', c.relrowsecurity, 'forcedRowSecurity', c.relforcerowsecurity,
    'replicaIdentity', ${replicaIdentity},
    'publications', ${publicationList(serverVersionNumber)},
    'logged', c.relpersistence <> 'u',
    'accessMethod', (SELECT amname FROM pg_am WHERE oid = c.relam),
    'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
    'options', ${optionList},
    'inherits', (SELECT coalesce(json_agg(pn.nspname || '.' || p.relname ORDER BY h.inhseqno), '[]') FROM pg_inherits h
      JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = c.oid),
    'partitionKey', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
    'partition', pg_get_expr(c.relpartbound, c.oid),
    'server', (SELECT s.srvname FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
      WHERE f.ftrelid = c.oid),
    'rows', CASE WHEN c.relkind <> 'p' THEN ${estimatedRows('c')} ELSE (SELECT coalesce(sum(${estimatedRows('l')}), 0)
      FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid WHERE t.isleaf) END,
    'sizeBytes', CASE WHEN c.relkind <> 'p' THEN coalesce(pg_total_relation_size(c.oid), 0) ELSE (
      SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0) FROM pg_partition_tree(c.oid) t) END)
  FROM ${relations} WHERE ${isUserRelation(`'r', 'p', 'f'`)}`;
}

const replicaIdentity = `CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'd' THEN 'DEFAULT' ELSE coalesce((
    SELECT format('USING INDEX %I', ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
    WHERE c.relreplident = 'i' AND i.indrelid = c.oid AND i.indisreplident), 'NOTHING') END`;

const optionList = textList(`SELECT unnest(c.reloptions)
  UNION ALL SELECT 'toast.' || unnest(tc.reloptions) FROM pg_class tc WHERE tc.oid = c.reltoastrelid
  UNION ALL SELECT unnest(f.ftoptions) FROM pg_foreign_table f WHERE f.ftrelid = c.oid`);

/** Lists of columns and conditions came with PostgreSQL 15. */
function publicationList(serverVersionNumber: number): string {
  const detail =
    serverVersionNumber < 150_000
      ? `''`
      : `(SELECT coalesce(' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) || ')', '')
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (pr.prattrs::int2[]))
        || coalesce(' WHERE ' || pg_get_expr(pr.prqual, c.oid), '')`;
  return textList(`SELECT quote_ident(p.pubname) || ${detail}
    FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid WHERE pr.prrelid = c.oid`);
}

const guessedRowBytes = 100;

/** As the planner does it: as many on each page as there were when somebody counted, and a guess where nobody has. */
function estimatedRows(relation: string): string {
  const size = `coalesce(pg_relation_size(${relation}.oid), 0)`;
  const { tuples, pages } = { tuples: `${relation}.reltuples`, pages: `${relation}.relpages` };
  return `CASE WHEN ${relation}.relkind = 'f' THEN greatest(ceil(${tuples}), 0) WHEN ${size} = 0 THEN 0
    WHEN ${tuples} > 0 AND ${pages} > 0
      THEN ceil(${tuples}::float8 / ${pages} * (${size} / current_setting('block_size')::bigint))
    ELSE greatest(${size} / ${guessedRowBytes}, 1) END`;
}

/** The rule of a view is what depends on things, not the view. */
export const viewsSql = `SELECT c.oid, 'views', json_build_object(${named}, 'grants', ${relationGrantList()},
    'materialized', c.relkind = 'm', 'definition', pg_get_viewdef(c.oid), 'options', ${textArray('c.reloptions')},
    'reads', ${readsList('pg_rewrite', 'r.oid', 'c.oid')})
  FROM ${relations} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
  WHERE ${isUserRelation(`'v', 'm'`)}`;

export const sequencesSql = `SELECT c.oid, 'sequences', json_build_object(${named},
    'grants', ${grantList('c.relacl', 's', 'c.relowner', `'SEQUENCE ' || c.oid::regclass`)},
    'definition', format('%s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(s.seqtypid, NULL),
      s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END),
    'ownedBy', o.place, 'identity', coalesce(o.deptype = 'i', false), 'logged', c.relpersistence <> 'u')
  FROM ${relations} JOIN pg_sequence s ON s.seqrelid = c.oid
  LEFT JOIN LATERAL (
    SELECT d.deptype, concat_ws('.', tn.nspname, t.relname, a.attname) AS place FROM pg_depend d
    JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')) o ON true
  WHERE ${isUserRelation(`'S'`)}`;
