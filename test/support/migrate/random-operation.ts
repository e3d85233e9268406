/** Operations that the schema of Migration lets through, made from that schema: right in form, whatever they mean. */
import fc from 'fast-check';
import { resolveSchema, schemaOf, type Schema } from '../../../src/desired/schema/schemas.ts';
import type { Operation } from '../../../src/model/documents.ts';

const root = schemaOf('Migration');

/** Few names, so that operations meet; and some that nobody expects. */
const names = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('users', 'orders', 'id', 'name', 'email', 'by_name') },
  fc.constantFrom('constructor', '__proto__', 'toString', '_themis_1', 'select', 'a"b', 'ü'.repeat(63), '💾', "a'b"),
  fc.string({ minLength: 1, maxLength: 63 }),
);
const tables = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('users', 'orders', 'public.users', 'sales.orders', 'themis.history') },
  fc.constantFrom('constructor', '"', '💾.ü', 'a;b'),
);

/** Statements of every kind that a rule asks for, and the pieces that they break into. */
export const scripts = [
  'ALTER TABLE users ADD COLUMN a uuid NOT NULL DEFAULT gen_random_uuid(), ADD b serial UNIQUE, ADD c int REFERENCES t',
  'ALTER TABLE users ALTER a TYPE varchar(20)[] USING a::text, ALTER a SET NOT NULL, DROP COLUMN b CASCADE',
  'ALTER TABLE users ADD CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c, ADD EXCLUDE USING gist (s WITH &&)',
  'ALTER TABLE users DETACH PARTITION p CONCURRENTLY',
  'ALTER TABLE users ATTACH PARTITION p DEFAULT',
  'ALTER DOMAIN d ADD CHECK (value > 0)',
  'CREATE INDEX ON users USING gin (lower(a) text_ops DESC, b) INCLUDE (c) WHERE d',
  'DROP INDEX CONCURRENTLY a.b, c',
  'DROP TABLE IF EXISTS a, b CASCADE',
  'DROP FUNCTION f(int)',
  'DROP OPERATOR + (int, int)',
  'REINDEX (CONCURRENTLY) DATABASE x',
  'REFRESH MATERIALIZED VIEW m WITH NO DATA',
  'TRUNCATE a, b CASCADE',
  'LOCK a IN SHARE MODE',
  'CLUSTER',
  'VACUUM (FULL, ANALYZE)',
  'UPDATE users SET (a, b) = (SELECT 1, 2), c = DEFAULT FROM orders o WHERE true',
  'DELETE FROM users USING orders',
  'MERGE INTO users u USING orders o ON true WHEN MATCHED THEN DO NOTHING',
  "ALTER TYPE s ADD VALUE 'x'",
  "ALTER TYPE s RENAME VALUE 'x' TO 'y'",
  'CREATE TABLE t AS EXECUTE p',
  'CREATE TABLE t (LIKE users INCLUDING ALL, PRIMARY KEY (a), b "char" DEFAULT 1::money)',
  'SELECT * INTO q FROM a',
  'WITH x AS (DELETE FROM users RETURNING *) INSERT INTO orders (a) SELECT a FROM x',
  'SET lock_timeout = DEFAULT',
  'SET TIME ZONE LOCAL',
  'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'RESET ALL',
  'SELECT set_config(a, b, c)',
  'BEGIN',
  'DO $$ BEGIN END $$',
  'CALL f(1)',
  'ALTER TABLE users RENAME COLUMN a TO b',
  'ALTER TABLE users RENAME CONSTRAINT a TO b',
  'ALTER TYPE t RENAME ATTRIBUTE a TO b',
  'ALTER SCHEMA a RENAME TO b',
  'ALTER TABLE users ALTER name DROP NOT NULL',
  'ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b',
  'CREATE SCHEMA IF NOT EXISTS themis',
  "COMMENT ON TABLE a IS 'x'",
  'SELECT u.*, u, (o).a, s.u.a FROM users u JOIN orders o USING (id) ORDER BY 1',
  'VALUES (1), (2)',
  '-- nothing',
];

/** A script, several, or one that lost a piece of itself. */
const sql = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...scripts) },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...scripts), { minLength: 1, maxLength: 4 }).map((all) => all.join(';\n')),
  },
  fc
    .tuple(fc.constantFrom(...scripts), fc.nat(120), fc.nat(20))
    .map(([text, from, length]) => `${text.slice(0, from)}${text.slice(from + length)}` || ' '),
);

/** What stands where an expression, a type or SQL does. */
const texts = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('a + 1', 'now()', 'random()', 'coalesce(name, 1)', 'NULL', '(SELECT 1)', 'a IS NULL'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('text', 'varchar(20)', 'serial', 'numeric(10,2)[]', 'timestamp(3)', 'a.b', 'int'),
  },
  { weight: 2, arbitrary: sql },
  fc.constantFrom('', ')', "'", '$$', '/*', 'constructor', '\u0000', '\ud800', 'ü'.repeat(100)),
  fc.string({ unit: 'binary' }),
);

export const randomOperation: fc.Arbitrary<Operation> = ofSchema(root.$defs!['Operation']!) as fc.Arbitrary<Operation>;

export const randomQuery: fc.Arbitrary<string> = sql;

function ofSchema(written: Schema): fc.Arbitrary<unknown> {
  const schema = resolveSchema(root, written);
  const kind = schema['x-themis-type'];
  if (kind === 'identifier') return names;
  if (kind === 'table name') return tables;
  if (kind === 'version range') return fc.constant('>=1.0.0');
  if (kind === 'duration') return fc.constantFrom('0s', '59m', '1h', '7d', '1.5h');
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.constantFrom('a', 1, true, null);
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000 });
    case 'array':
      return listOf(schema);
    case 'object':
      return objectOf(schema);
    default:
      return schema.pattern === undefined ? texts.map((text) => (text === '' ? ' ' : text)) : fc.constant('plugin');
  }
}

function listOf({ items = {}, minItems: minLength = 0, uniqueItems }: Schema): fc.Arbitrary<readonly unknown[]> {
  const item = ofSchema(items);
  const bounds = { minLength, maxLength: Math.max(3, minLength) };
  return uniqueItems === true ? fc.uniqueArray(item, bounds) : fc.array(item, bounds);
}

function objectOf(schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], oneOf, maxProperties, minProperties = 0, additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    return fc.dictionary(names, ofSchema(additionalProperties), { minKeys: 1, maxKeys: 3, noNullPrototype: true });
  }
  const fields = Object.entries(properties);
  if (maxProperties === 1) {
    return fc.oneof(...fields.map(([name, field]) => ofSchema(field).map((value) => ({ [name]: value }))));
  }
  const made = fc.record(Object.fromEntries(fields.map(([name, field]) => [name, ofSchema(field)])), {
    requiredKeys: [...required],
    noNullPrototype: true,
  });
  if (oneOf === undefined) return made.filter((value) => Object.keys(value).length >= minProperties);
  const choices = oneOf.map((choice) => choice.required[0]!);
  return fc.tuple(made, fc.constantFrom(...choices)).chain(([value, chosen]) => {
    const others = Object.entries(value).filter(([name]) => !choices.includes(name));
    return ofSchema(properties[chosen]!).map((only) => ({ ...Object.fromEntries(others), [chosen]: only }));
  });
}
