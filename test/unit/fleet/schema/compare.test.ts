/** Copies are believed when both sides hash alike, chunk by chunk; what differs is repaired so often and not more. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CompareAction } from '../../../../src/model/schema/schema-step.ts';
import { compareCopies, handMade, itemsSql, makeCopies, step, walkItems } from '../../../support/schema/hand-made.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { SchemaWorld } from '../../../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});
beforeEach(async () => {
  await world.reset(...itemsSql(250));
});

/** Copies, damages the copy, compares. */
async function compareAfter(damage: string, change: Partial<CompareAction> = {}) {
  const { migration, parts } = handMade({
    expand: [
      makeCopies,
      step('walk', walkItems),
      step('damage', { kind: 'bare', statements: [damage] }),
      step('compare', { ...compareCopies, ...change }),
    ],
  });
  return await world.run(migration, 'expand', parts);
}

test('equal sides are found equal, rows without a value too', async () => {
  expect(await compareAfter('SELECT 1')).toEqual({ outcome: 'done', run: 1, rows: 500 });
});

test.each([
  ['a row that is missing', 'DELETE FROM copies WHERE id = 17'],
  ['the first and the last row', 'DELETE FROM copies WHERE id IN (1, 250)'],
  ['a value that differs', `UPDATE copies SET name = 'other' WHERE id = 120`],
  ['a value that is missing', 'UPDATE copies SET name = NULL WHERE id = 120'],
  ['a value where there was none', `UPDATE copies SET name = 'null' WHERE id = 7`],
  ['values that changed places', `UPDATE copies SET name = 'item ' || 363 - id WHERE id IN (181, 182)`],
])('%s is found and made good', async (_, damage) => {
  expect(await compareAfter(damage)).toMatchObject({ outcome: 'done' });
  expect(await world.sql('SELECT id, name FROM items EXCEPT SELECT id, name FROM copies')).toEqual([]);
});

test('what a repair does not mend is a mismatch after so many attempts, and all is taken back', async () => {
  const result = await compareAfter(`UPDATE copies SET name = 'other' WHERE id = 120`, {
    repair: 'INSERT INTO copies SELECT -1, count(*) FROM themis_batch ON CONFLICT DO NOTHING',
  });
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'COPY_MISMATCH' } });
  expect(await world.sql(`SELECT to_regclass('copies') AS copies`)).toEqual([{ copies: null }]);
});

test.each([
  ['between others', '60.5'],
  ['behind the last', '1000'],
  ['before the first', '-1'],
])('a row that only the copy has, %s, is a mismatch', async (_, id) => {
  await world.sql('ALTER TABLE items ALTER COLUMN id TYPE numeric');
  const result = await compareAfter(
    `ALTER TABLE copies ALTER COLUMN id TYPE numeric; INSERT INTO copies VALUES (${id}, 'x')`,
    {
      key: [{ column: 'id', type: 'numeric' }],
    },
  );
  expect(result).toMatchObject({ outcome: 'undone', failure: { code: 'COPY_MISMATCH' } });
});
