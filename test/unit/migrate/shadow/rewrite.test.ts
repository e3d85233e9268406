import { expect, test } from 'vitest';
import { indexBody, namesColumn, triggerCondition, withColumn } from '../../../../src/migrate/shadow/rewrite.ts';

test.each([
  [' USING btree (mail)', ' USING btree ("new")'],
  [
    ' USING btree (mail DESC NULLS LAST, id) INCLUDE (mail2)',
    ' USING btree ("new" DESC NULLS LAST, id) INCLUDE (mail2)',
  ],
  [
    ' USING btree (lower((mail)::text)) WHERE (mail IS NOT NULL)',
    ' USING btree (lower(("new")::text)) WHERE ("new" IS NOT NULL)',
  ],
  [` USING btree (public.mail(a)) WHERE (a = 'mail'::text)`, ` USING btree (public.mail(a)) WHERE (a = 'mail'::text)`],
  [` USING btree (((a)::mail), mail COLLATE public.mail)`, ` USING btree (((a)::mail), "new" COLLATE public.mail)`],
  [` USING mail (a) WHERE (b <> 'it''s mail')`, ` USING mail (a) WHERE (b <> 'it''s mail')`],
  [' USING gin (to_tsvector(x, mail))', ' USING gin (to_tsvector(x, "new"))'],
])('a column is another one where it is a column: %s', (sql, wanted) => {
  expect(withColumn(sql, 'mail', 'new')).toBe(wanted);
  expect(namesColumn(sql, 'mail')).toBe(sql !== wanted);
});

test('a name in quotes means itself', () => {
  expect(withColumn('("The ""Mail""" > 0)', 'The "Mail"', 'a"b')).toBe('("a""b" > 0)');
  expect(namesColumn('("Mail" > 0)', 'mail')).toBe(false);
});

test.each([
  ['CREATE UNIQUE INDEX a ON public.t USING btree (x)', ' USING btree (x)'],
  ['CREATE INDEX "a ON b" ON ONLY "s t"."u USING v" USING hash (x)', ' USING hash (x)'],
])('the body of an index begins with its method: %s', (definition, body) => {
  expect(indexBody(definition)).toBe(body);
});

test('the condition of a trigger is what it fires for', () => {
  const definition =
    'CREATE TRIGGER mail BEFORE UPDATE OF name ON public.mail FOR EACH ROW WHEN ((new.a > 0)) EXECUTE FUNCTION mail(1)';
  expect(triggerCondition(definition)).toBe('BEFORE UPDATE OF name FOR EACH ROW WHEN ((a > 0))');
});
