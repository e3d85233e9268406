/** Schemas, and what lies in them or in the database that no operation knows. */
import { grantList, isOnItsOwn, isUserSchema, isVisible } from './user-objects.ts';

export const schemasSql = `SELECT n.oid, 'schemas', json_build_object('name', n.nspname,
    'owner', pg_get_userbyid(n.nspowner), 'comment', obj_description(n.oid, 'pg_namespace'),
    'grants', ${grantList('n.nspacl', 'n', 'n.nspowner', `'SCHEMA ' || quote_ident(n.nspname)`)})
  FROM pg_namespace n WHERE ${isUserSchema()} AND ${isOnItsOwn('pg_namespace', 'n.oid')}`;

const otherCatalogs = [
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_default_acl',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_publication',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
];

/** Below it are the things that a database is born with. */
const firstUserOid = 16_384;

export const othersSql = otherCatalogs
  .map(
    (catalog) => `SELECT x.oid, 'others', json_build_object('name', o.type || ' ' || o.identity)
    FROM ${catalog} x, LATERAL pg_identify_object('${catalog}'::regclass, x.oid, 0) o
    WHERE x.oid >= ${firstUserOid} AND ${isOnItsOwn(catalog, 'x.oid', `'e', 'i'`)}
      AND (o.schema IS NULL OR ${isUserSchema('o.schema')}) AND (o.name IS NULL OR ${isVisible('o.name')})`,
  )
  .join(' UNION ALL ');
