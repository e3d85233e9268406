import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSchema } from '../../src/desired/schema/check-schema.ts';
import { parseYaml } from '../../src/desired/yaml/parse-yaml.ts';
import { hasErrors } from '../../src/kernel/finding.ts';
import { formatMigration } from '../../src/migrate/convert/migration-text.ts';
import type { ParsedSql } from '../../src/ports/schema/sql-parser.ts';
import { convert, parser } from '../support/migrate/convert.ts';
import { corpus, scriptOf } from '../support/migrate/script-corpus.ts';
import { isSoak, runs as runsOf } from '../support/runs.ts';

const statements = corpus.flatMap((name) => {
  const text = scriptOf(name).replaceAll(/^\\.*$/gmu, '');
  const { statements: all, tokens } = parser.parse(text) as ParsedSql;
  return all.map(({ range }) =>
    tokens
      .filter(({ start, end }) => start >= range.offset && end <= range.offset + range.length)
      .map(({ start, end }) => text.slice(start, end)),
  );
});
const words = [...new Set(statements.flat())];
const head = { name: 'a', database: 'b', schemaVersion: 1, release: {} };
const runs = isSoak ? 200_000 : 2_000;
const { seed } = runsOf(1);

/** A statement with a few of its tokens left out, said twice, or put in from another one. */
const mutated = fc
  .record({
    statement: fc.constantFrom(...statements),
    changes: fc.array(
      fc.record({
        at: fc.nat(80),
        change: fc.constantFrom('drop', 'double', 'put', 'change'),
        word: fc.constantFrom(...words),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ statement, changes }) => {
    const tokens = [...statement];
    for (const { at, change, word } of changes) {
      const place = at % (tokens.length + 1);
      const put = {
        drop: [],
        double: tokens.slice(place, place + 1).flatMap((one) => [one, one]),
        put: [word, ...tokens.slice(place, place + 1)],
        change: [word],
      }[change];
      tokens.splice(place, 1, ...put!);
    }
    return tokens.join(' ');
  });

test('whatever PostgreSQL reads is converted into a document that its schema takes, and nothing is thrown', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(mutated, { minLength: 1, maxLength: 3 }), (script) => {
      const { operations, findings } = convert(script.join(';\n'));
      if (hasErrors(findings)) return;
      read += 1;
      const { migration, text } = formatMigration(head, operations, 'a.sql');
      const { documents, problems } = parseYaml({ path: 'a.yaml', text });
      expect([...problems, ...documents.flatMap((document) => checkSchema(document).problems)]).toEqual([]);
      expect(documents[0]!.value).toEqual(migration);
    }),
    { numRuns: runs, seed },
  );
  expect(read).toBeGreaterThan(runs / 10);
});

test('no text at all makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.constantFrom(...words)).map((all) => all.join(' ')),
      ),
      (text) => {
        expect(convert(text).findings.length + convert(text).operations.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: runs, seed },
  );
});
