import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { readCatalog } from '../../src/migrate/catalog/read-catalog.ts';
import { expandOperation } from '../../src/migrate/expand.ts';
import { isRefusal } from '../../src/migrate/operation.ts';
import { nameBytes } from '../../src/migrate/sql/auto-name.ts';
import { identifier, literal } from '../../src/migrate/sql/quote.ts';
import type { Catalog } from '../../src/model/catalog.ts';
import { schemaPhases, type SchemaPhase } from '../../src/model/database.ts';
import type { Operation } from '../../src/model/documents.ts';
import type { SchemaStep } from '../../src/model/schema-step.ts';
import type { DatabaseSession } from '../../src/ports/database.ts';
import { embeddedWith } from '../support/migrate/embedded.ts';
import { runSteps, undoSteps } from '../support/migrate/run-steps.ts';
import { runs } from '../support/runs.ts';

const database = await embeddedWith([]);
afterAll(async () => await database.close());

const letters = [
  ...Array.from('abcXYZ09_$"\'\\.,;:-()[]{}%äßЖ漢🦀'),
  '--',
  '/*',
  '$$',
  '::',
  'select',
  ' ',
  '\t',
  '\n',
];
const named = (units: readonly string[]): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.array(fc.constantFrom(...units), { minLength: 1, maxLength: 12 }),
      fc.array(fc.constantFrom(...units), { minLength: 40, maxLength: 63 }),
    )
    .map((parts) =>
      Array.from(parts.join('')).reduce((name, unit) => (nameBytes(name + unit) > 63 ? name : name + unit), ''),
    );
const name = named(letters);
const tableName = named(letters.filter((unit) => !/[\s.]/u.test(unit)));

/** A name for each thing, none twice, so that what is there is known without a look. */
const names = fc.record({
  table: tableName,
  renamed: tableName,
  created: tableName,
  type: name,
  columns: fc.uniqueArray(name, { minLength: 4, maxLength: 4, selector: (one) => one.toLowerCase() }),
  others: fc.uniqueArray(name, { minLength: 5, maxLength: 5 }),
  values: fc.uniqueArray(name, { minLength: 3, maxLength: 3 }),
});
type Names = typeof names extends fc.Arbitrary<infer Value> ? Value : never;

function setup({ table, type, columns: [key, text, number, state], others, values }: Names): readonly string[] {
  const [id, email, n, kind] = [key!, text!, number!, state!].map(identifier);
  const [t, s] = [`public.${identifier(table)}`, `public.${identifier(type)}`];
  return [
    'DROP SCHEMA public CASCADE; CREATE SCHEMA public',
    `CREATE TYPE ${s} AS ENUM (${literal(values[0]!)}, ${literal(values[1]!)})`,
    `CREATE TABLE ${t} (${id} text PRIMARY KEY, ${email} text NOT NULL, ${n} int,
      ${kind} ${s} NOT NULL DEFAULT ${literal(values[0]!)},
      CONSTRAINT ${identifier(others[0]!)} CHECK (${n} > 0 AND ${kind} <> ${literal(values[1]!)}))`,
    `CREATE INDEX ${identifier(others[1]!)} ON ${t} (${n}, lower(${email})) WHERE ${kind} = ${literal(values[0]!)}`,
    `INSERT INTO ${t} SELECT chr(64 + n), 'A', n FROM generate_series(1, 20) n`,
  ];
}

/** Each that there is, on those names. */
function operationsOn(all: Names): readonly Operation[] {
  const { table, renamed, created, type, others, values } = all;
  const [id, email, n] = all.columns as [string, string, string];
  const [check, index, fresh, second] = others as [string, string, string, string];
  const sql = { email: identifier(email), n: identifier(n), fresh: identifier(fresh) };
  const column = {
    name: fresh,
    type: 'text',
    comment: fresh,
    check: `${sql.fresh} <> '-- ''' -- ${id.replaceAll(/\s/gu, ' ')}`,
  };
  return [
    {
      createTable: {
        table: created,
        columns: [
          { ...column, default: values[0]! },
          { name: second, type: 'int', nullable: false },
        ],
        primaryKey: [second],
        constraints: [
          { name: check, unique: [fresh, second] },
          {
            name: second,
            foreignKey: { columns: [fresh], references: { table, columns: [id] }, onDelete: 'restrict' },
          },
        ],
        comment: created,
      },
    },
    { renameTable: { from: table, to: renamed } },
    { addColumn: { table, column: { ...column, default: values[0]!, nullable: false } } },
    { addColumn: { table, column: { ...column, defaultExpression: `${literal(second)} || now()`, nullable: false } } },
    {
      addIndex: {
        table,
        name: second,
        columns: [email, `${sql.n} DESC`, `upper(${sql.email})`],
        where: `${sql.n} > 0`,
      },
    },
    { dropIndex: { table, name: index } },
    { addConstraint: { table, name: second, check: `${sql.n} < 99` } },
    { addConstraint: { table, name: second, unique: [n, email] } },
    {
      addConstraint: {
        table,
        name: second,
        foreignKey: { columns: [email], references: { table, columns: [id] } },
        validate: false,
      },
    },
    { dropConstraint: { table, name: check } },
    { addEnumValue: { type, value: values[2]!, before: values[1]! } },
    { backfill: { table, set: { [email]: `'B'` }, where: `${sql.n} > 5`, undo: { [email]: `'A'` } } },
    { dropColumn: { table, column: email } },
    { dropTable: { table } },
  ];
}

const dropped = (operation: Operation): boolean => 'dropColumn' in operation || 'dropTable' in operation;

async function forward(session: DatabaseSession, operations: readonly Operation[]): Promise<readonly SchemaStep[]> {
  const phases: readonly SchemaPhase[] = operations.some(dropped) ? ['expand', 'migrate'] : schemaPhases;
  const done: SchemaStep[] = [];
  const refused = new Set<Operation>();
  for (const phase of phases) {
    for (const [index, operation] of operations.entries()) {
      if (refused.has(operation)) continue;
      const catalog = await readCatalog(session);
      const input = { migration: 'change', operation, index, phase, catalog, engine: 'pglite' as const };
      const steps = expandOperation({ ...input, serverVersionNumber: 180_000 });
      // Two may give the same name to different things, or one be in the way of the other.
      if (isRefusal(steps)) {
        refused.add(operation);
        continue;
      }
      await runSteps(session, steps, { batchRows: 6 });
      done.push(...steps);
    }
  }
  return done;
}

test('whatever names there are, operations change the schema, and undo restores it and the rows', async () => {
  const cases = names.chain((all) =>
    fc.record({
      all: fc.constant(all),
      operations: fc
        .subarray([...operationsOn(all)], { minLength: 1, maxLength: 4 })
        .chain((some) => fc.shuffledSubarray(some, { minLength: some.length })),
    }),
  );
  const isDistinct = ({ table, renamed, created, type, others }: Names): boolean => {
    const relations = [table, renamed, created, type, ...others];
    return new Set(relations).size === relations.length;
  };
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(
      cases.filter(({ all }) => isDistinct(all)),
      async ({ all, operations }) => {
        await database.use(async (session) => {
          for (const statement of setup(all)) await session.query(statement);
          const rows = async () =>
            (await session.query(`SELECT * FROM public.${identifier(all.table)} ORDER BY 1`)).rows;
          const before: readonly [Catalog, unknown] = [await readCatalog(session), await rows()];
          const steps = await forward(session, operations);
          changes += catalogDifference(before[0], await readCatalog(session)).length;
          await undoSteps(session, steps, { batchRows: 6 });
          expect(catalogDifference(before[0], await readCatalog(session))).toEqual([]);
          expect(await rows()).toEqual(before[1]);
        });
      },
    ),
    // A smaller counterexample takes longer than a look at the first.
    { ...runs(1000), endOnFailure: true },
  );
  expect(changes).toBeGreaterThan(0);
});
