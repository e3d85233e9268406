import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogDifference } from '../../src/migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../src/migrate/catalog/catalog-digest.ts';
import { dataDigest } from '../../src/migrate/catalog/data-digest.ts';
import type { Database } from '../../src/ports/schema/database.ts';
import { engineWorlds, type EngineWorld } from '../support/database/engines.ts';
import { changes } from '../support/migrate/changes.ts';
import { catalogOf, runOn } from '../support/migrate/embedded.ts';
import { everything } from '../support/migrate/everything.ts';

const rows = [
  `INSERT INTO users (name, price, feels, lives, at, period, data)
   SELECT 'n' || g, g / 7.0, 'happy', '(s,c)'::address, '2026-01-01Z', daterange(day, day + 1), '{"a": [1]}'
   FROM (SELECT g, '2026-01-01'::date + g AS day FROM generate_series(1, 500) g) d`,
];

let worlds: readonly EngineWorld[];
let postgresql: Database;
let pglite: Database;

beforeAll(async () => {
  worlds = [await engineWorlds.postgresql(), await engineWorlds.pglite()];
  [postgresql, pglite] = (await Promise.all(worlds.map((world) => world.openShared()))) as [Database, Database];
  for (const database of [postgresql, pglite]) await runOn(database, everything.flat());
});

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
});

test('both engines read the same schema as the same catalog', async () => {
  const [one, other] = [await catalogOf(postgresql), await catalogOf(pglite)];
  expect(one.tables.length).toBeGreaterThan(10);
  expect(catalogDifference(one, other)).toEqual([]);
  expect(catalogDigest(one)).toBe(catalogDigest(other));
});

test('both engines tell a change in the same sentences', async () => {
  const before = await catalogOf(postgresql);
  for (const [up, down, ...sentences] of changes) {
    await runOn(postgresql, [up]);
    expect(catalogDifference(before, await catalogOf(postgresql)), up).toEqual(sentences);
    if (down !== null) await runOn(postgresql, [down]);
  }
});

test('both engines have one digest for the same rows', async () => {
  const digests = [];
  for (const database of [postgresql, pglite]) {
    await runOn(database, rows);
    const catalog = await catalogOf(database);
    digests.push(await database.use(async (session) => dataDigest(session, catalog)));
  }
  expect(digests[0]).toBe(digests[1]);
});
