/** Types that are nobody's rows and nobody's array. */
import { grantList, isOnItsOwn, isUserSchema, isVisible } from './user-objects.ts';

const named = `'schema', n.nspname, 'name', t.typname, 'owner', pg_get_userbyid(t.typowner),
  'grants', ${grantList('t.typacl', 'T', 't.typowner', `'TYPE ' || t.oid::regtype`)},
  'comment', obj_description(t.oid, 'pg_type')`;
const types = 'pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace';
const isUserType = `${isUserSchema()} AND ${isVisible('t.typname')} AND ${isOnItsOwn('pg_type', 't.oid')}`;

export const enumsSql = `SELECT t.oid, 'enums', json_build_object(${named},
    'values', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e WHERE e.enumtypid = t.oid))
  FROM ${types} WHERE t.typtype = 'e' AND ${isUserType}`;

const domain = `format_type(t.typbasetype, t.typtypmod)
  || coalesce((SELECT ' COLLATE ' || t.typcollation::regcollation FROM pg_type b
    WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation), '')
  || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
  || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname)
    FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), '')`;

const composite = `(SELECT format('(%s)', string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> at.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END),
    ', ' ORDER BY a.attnum))
  FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)`;

const range = `(SELECT format('(subtype = %s, subtype_opclass = %s%s%s%s, multirange_type_name = %s)',
    format_type(r.rngsubtype, NULL), (SELECT format('%I.%I', cn.nspname, oc.opcname) FROM pg_opclass oc
      JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc),
    CASE WHEN r.rngcollation <> 0 THEN ', collation = ' || r.rngcollation::regcollation END,
    CASE WHEN r.rngcanonical <> 0 THEN ', canonical = ' || r.rngcanonical::regproc END,
    CASE WHEN r.rngsubdiff <> 0 THEN ', subtype_diff = ' || r.rngsubdiff::regproc END, r.rngmultitypid::regtype)
  FROM pg_range r WHERE r.rngtypid = t.oid)`;

export const typesSql = `SELECT t.oid, 'types', json_build_object(${named},
    'kind', CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'composite' END,
    'definition', CASE t.typtype WHEN 'd' THEN ${domain} WHEN 'r' THEN ${range} ELSE ${composite} END)
  FROM ${types} WHERE ${isUserType} AND (t.typtype IN ('d', 'r')
    OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class rc WHERE rc.oid = t.typrelid AND rc.relkind = 'c'))`;
