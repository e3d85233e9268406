/** What a catalog does not tell, asked of the database itself before the first effect. */
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { block } from '../sql/conditional.ts';
import { literal, qualified } from '../sql/quote.ts';

/** Fails where something is of the table's row type, which would go with the old table. */
export function refuseUnseen(table: NamedIn): readonly string[] {
  const place = literal(qualified(table));
  return [
    ...refuseSubscribers(table),
    block(
      [
        'DECLARE found text; BEGIN',
        'SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) INTO found FROM pg_catalog.pg_depend d',
        'JOIN pg_catalog.pg_class c ON c.oid =',
        `${place}::regclass JOIN pg_catalog.pg_type t ON t.oid = c.reltype`,
        `WHERE d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) AND d.deptype = 'n' LIMIT 1;`,
        `IF found IS NOT NULL THEN RAISE dependent_objects_still_exist USING MESSAGE = found || ' is of the row type of ' || ${place}; END IF;`,
        'END',
      ].join(' '),
    ),
  ];
}

/** A publication of all tables, or of a schema, names none of them. */
export function refuseSubscribers({ schema, name }: NamedIn): readonly string[] {
  const published = `EXISTS (SELECT FROM pg_catalog.pg_publication_tables WHERE schemaname = ${literal(schema)} AND tablename = ${literal(name)})`;
  const message = `${schema}.${name} is published, and its subscribers know no shadow of it`;
  return [block(`BEGIN IF ${published} THEN RAISE object_in_use USING MESSAGE = ${literal(message)}; END IF; END`)];
}

/**
 * Fails where a right was handed on by somebody who is not the owner: whoever gives it anew is another one, so that what
 * takes it from the one no longer takes it from the other. `column`: of its rights alone.
 */
export function refuseDelegated({ schema, name }: NamedIn, column: string | null): string {
  const place = literal(qualified({ schema, name }));
  const rights = (acl: string, more: string): string =>
    `SELECT a.privilege_type, a.grantor, a.grantee FROM pg_catalog.pg_class c ${more}, pg_catalog.aclexplode(${acl}) a WHERE c.oid = ${place}::regclass AND a.grantor <> c.relowner`;
  const columns = `JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid${column === null ? '' : ` AND t.attname = ${literal(column)}`}`;
  const all = [...(column === null ? [rights('c.relacl', '')] : []), rights('t.attacl', columns)].join(' UNION ALL ');
  const who = (role: string): string =>
    `CASE ${role} WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(${role})::text END`;
  const message = `pg_catalog.format('%s on %s was granted to %s by %s: its shadow can only have rights that its owner grants', privilege_type, ${literal(`${schema}.${name}`)}, ${who('grantee')}, ${who('grantor')})`;
  return block(
    [
      `DECLARE why text; BEGIN SELECT ${message} INTO why FROM (${all}) r LIMIT 1;`,
      'IF why IS NOT NULL THEN RAISE dependent_privilege_descriptors_still_exist USING MESSAGE = why; END IF; END',
    ].join(' '),
  );
}

/** Takes back what default privileges gave: the rights of a table are those of the one it stands for. */
export function revokeDefaults(table: NamedIn): string {
  const place = literal(qualified(table));
  return block(
    [
      'DECLARE grantee text; BEGIN',
      `FOR grantee IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END`,
      'FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a',
      `WHERE c.oid = ${place}::regclass AND a.grantee <> c.relowner LOOP`,
      `EXECUTE pg_catalog.format('REVOKE ALL ON %s FROM %s', ${place}, grantee); END LOOP;`,
      'END',
    ].join(' '),
  );
}
