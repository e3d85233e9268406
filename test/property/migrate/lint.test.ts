import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { openSqlParser } from '../../../src/adapters/sql-parser/libpg-query.ts';
import { checkSchema } from '../../../src/desired/schema/check-schema.ts';
import type { YamlDocument } from '../../../src/desired/yaml/yaml-document.ts';
import { rules } from '../../../src/migrate/lint/index.ts';
import type { Operation } from '../../../src/model/documents.ts';
import { catalogOf, columnNamed, indexNamed, tableNamed, viewNamed } from '../../support/migrate/catalogs.ts';
import { lint, raw } from '../../support/migrate/lint-of.ts';
import { randomOperation, randomQuery, scripts } from '../../support/migrate/random-operation.ts';
import { runs } from '../../support/runs.ts';

const sql = await openSqlParser();
const columns = ['id', 'name', 'email'].map((name) => columnNamed(name));
const catalog = catalogOf({
  tables: [
    tableNamed('users', { columns, indexes: [indexNamed('by_name', { valid: false })] }),
    tableNamed('orders', { columns, constraints: [], rows: 0, sizeBytes: 0 }),
  ],
  views: [viewNamed('names', { reads: ['public.users.name'] })],
});

function document(operations: readonly Operation[]): YamlDocument {
  const spec = { database: 'orders', schemaVersion: 1, operations };
  const value = { apiVersion: 'themis.dev/v1', kind: 'Migration', metadata: { name: 'a' }, spec };
  return { file: 'a.yaml', value, locate: () => ({ offset: 0, length: 1 }), sourceOf: () => undefined };
}

test('operations that are made at random pass the schema, and are of every kind', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(randomOperation, (operation) => {
      for (const kind of Object.keys(operation)) kinds.add(kind);
      expect(checkSchema(document([operation])).problems).toEqual([]);
    }),
    runs(50_000),
  );
  expect(kinds.size).toBe(15);
});

test('lint throws on no operation that passes the schema, and every finding has a summary and a fix', () => {
  const codes = new Set(rules.map(({ code }) => code));
  const queries = fc.array(
    randomQuery.map((text) => ({ name: 'reads', sql: text })),
    { maxLength: 2 },
  );
  fc.assert(
    fc.property(
      fc.array(randomOperation, { minLength: 1, maxLength: 5 }),
      queries,
      queries,
      fc.constantFrom(null, catalog),
      fc.boolean(),
      (operations, running, next, known, bound) => {
        for (const finding of lint(operations, { probes: { running, next }, catalog: known, bound })) {
          expect(codes.has(finding.code)).toBe(true);
          expect(finding.summary).toMatch(/\S[^]*\.$/u);
          expect(finding.fix).toMatch(/\S/u);
          expect(`${finding.summary} ${finding.fix} ${finding.details?.join(' ')}`).not.toMatch(/\bNaN\b|\[object/u);
        }
      },
    ),
    runs(20_000),
  );
});

test('lint is of the operations, not of who looks: the same twice gives the same', () => {
  fc.assert(
    fc.property(fc.array(randomOperation, { minLength: 1, maxLength: 3 }), (operations) => {
      expect(lint(operations, { catalog })).toEqual(lint(operations, { catalog }));
    }),
    runs(2000),
  );
});

test('a catalog adds details and takes away doubts, and no table of it makes another one unsafe', () => {
  for (const text of scripts) {
    const others = catalogOf({ tables: [tableNamed('unrelated')] });
    const summaries = lint([raw(text)]).map(({ summary }) => summary);
    expect(lint([raw(text)], { catalog: others }).map(({ summary }) => summary)).toEqual(summaries);
  }
});

test('an operation that a fix shows passes the schema, and lint', () => {
  let shown = 0;
  for (const text of scripts) {
    for (const params of [{}, { transactional: false }]) {
      for (const { fix = '' } of lint([raw(text, params)])) {
        const [, operation] = /`(\w+: \{.*\})`/su.exec(fix) ?? [];
        if (operation === undefined) continue;
        shown += 1;
        const safe = parse(operation) as Operation;
        expect(checkSchema(document([safe])).problems, fix).toEqual([]);
        expect(
          lint([safe]).filter(({ severity }) => severity === 'error'),
          fix,
        ).toEqual([]);
      }
    }
  }
  expect(shown).toBeGreaterThan(15);
});

test('every statement of the test is one that PostgreSQL reads', () => {
  for (const text of scripts) expect(sql.parse(text), text).toHaveProperty('statements');
});
