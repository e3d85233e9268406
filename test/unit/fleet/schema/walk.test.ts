/** Walks over keys of several kinds, in batches that fit, from wherever an earlier one came. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextBatchRows } from '../../../../src/fleet/schema/effects/batch-size.ts';
import type { SchemaEvent } from '../../../../src/model/schema/schema-event.ts';
import type { WalkAction } from '../../../../src/model/schema/schema-step.ts';
import { failureOf } from '../../../support/failure-of.ts';
import { handMade, itemsSql, makeCopies, step, walkItems } from '../../../support/schema/hand-made.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { SchemaWorld, hurriedClock } from '../../../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});

async function runWalk(action: WalkAction, change: object = {}) {
  const { migration, parts } = handMade({ expand: [step('walk', action)] });
  return await world.run(migration, 'expand', { ...parts, ...change });
}

const twoColumns: WalkAction = {
  kind: 'walk',
  table: { schema: 'public', name: 'odd "names"' },
  key: [
    { column: 'Part', type: 'text' },
    { column: 'at', type: 'timestamp with time zone' },
  ],
  where: null,
  statement:
    'UPDATE "odd ""names""" AS t SET seen = t.seen + 1 FROM themis_batch AS b' +
    ' WHERE (t."Part", t.at) = (b."Part", b.at)',
  firstBatchRows: 100,
};

const odd = [
  `CREATE TABLE "odd ""names""" ("Part" text, at timestamptz, seen integer DEFAULT 0, PRIMARY KEY ("Part", at))`,
  `INSERT INTO "odd ""names""" SELECT 'p''' || n % 3, now() + n * interval '1 second' FROM generate_series(1, 350) n`,
];

test('every row is treated once, whatever the key is made of', async () => {
  await world.reset(...odd);
  expect(await runWalk(twoColumns)).toMatchObject({ outcome: 'done', rows: 350 });
  expect(await world.sql('SELECT min(seen), max(seen) FROM "odd ""names"""')).toEqual([{ min: '1', max: '1' }]);
});

test('only rows that it is about are treated', async () => {
  await world.reset(...odd);
  const some = { ...twoColumns, where: `"Part" = 'p''1'` };
  expect(await runWalk(some)).toMatchObject({ rows: 117 });
  const rows = await world.sql('SELECT "Part" AS part, max(seen) AS seen FROM "odd ""names""" GROUP BY 1 ORDER BY 1');
  expect(rows.map(({ seen }) => seen)).toEqual(['0', '1', '0']);
});

test('an empty table has nothing to walk', async () => {
  await world.reset(...itemsSql(0), 'CREATE TABLE copies (id bigint PRIMARY KEY, name text)');
  expect(await runWalk(walkItems)).toEqual({ outcome: 'done', run: 1, rows: 0 });
});

test('rows that come behind its end are left to the triggers, so that it has one', async () => {
  await world.reset(...itemsSql(150), 'CREATE TABLE copies (id bigint PRIMARY KEY, name text)');
  const chased = {
    ...walkItems,
    statement: `INSERT INTO items SELECT id + 1000, 'new' FROM themis_batch ON CONFLICT DO NOTHING`,
  };
  expect(await runWalk(chased)).toMatchObject({ outcome: 'done', rows: 150 });
});

test('rows without a key are refused rather than passed over', async () => {
  await world.reset('CREATE TABLE items (id bigint UNIQUE, name text)', 'CREATE TABLE copies (id bigint, name text)');
  await world.sql(`INSERT INTO items VALUES (1, 'a')`);
  const insert = { ...walkItems, statement: 'INSERT INTO copies SELECT id FROM themis_batch' };
  expect(await runWalk(insert)).toMatchObject({ outcome: 'done', rows: 1 });
  await world.undo('first');
  await world.sql(`INSERT INTO items VALUES (NULL, 'b')`);
  expect(await runWalk(insert)).toMatchObject({ outcome: 'undone', failure: { code: 'DATABASE_CONFLICT' } });
});

test('triggers of Themis are quiet while a batch runs, and only then', async () => {
  await world.reset(...itemsSql(3));
  const note = `UPDATE items SET name = coalesce(current_setting('themis.quiet', true), '') WHERE id IN (SELECT id FROM themis_batch)`;
  await runWalk({ ...walkItems, statement: note });
  expect(await world.sql('SELECT DISTINCT name FROM items')).toEqual([{ name: 'on' }]);
  expect(await world.sql(`SELECT coalesce(current_setting('themis.quiet', true), '') AS quiet`)).toEqual([
    { quiet: '' },
  ]);
});

test('a walk that was stopped goes on behind its last batch', async () => {
  await world.reset(...itemsSql(1000), 'CREATE TABLE copies (id bigint PRIMARY KEY, name text)');
  await world.sql('CREATE TABLE batches (first bigint, rows bigint)');
  const stop = new AbortController();
  const counted: WalkAction = {
    ...walkItems,
    statement: 'INSERT INTO batches SELECT min(id), count(*) FROM themis_batch',
  };
  let nowMs = 0;
  const clock = { ...hurriedClock, steadyMs: () => (nowMs += 200) };
  const emit = ({ type }: SchemaEvent) => type === 'step-progress' && stop.abort();
  expect(await failureOf(runWalk(counted, { clock, emit, signal: stop.signal }))).toMatchObject({ code: 'CANCELLED' });
  const sum = `SELECT sum(rows)::bigint AS rows, count(*) AS batches FROM batches`;
  const before = (await world.sql(sum))[0]!;
  expect(Number(before['rows'])).toBeGreaterThan(0);
  expect(Number(before['rows'])).toBeLessThan(1000);
  expect(await runWalk(counted)).toMatchObject({ outcome: 'done' });
  expect((await world.sql(sum))[0]).toMatchObject({ rows: '1000' });
  expect(await world.sql('SELECT first FROM batches GROUP BY 1 HAVING count(*) > 1')).toEqual([]);
});

test('progress says how much is done, how fast, and what is left', async () => {
  await world.reset(...itemsSql(2000), 'ANALYZE items');
  const { migration, parts } = handMade({ expand: [makeCopies, step('walk', walkItems)] });
  const events: SchemaEvent[] = [];
  let nowMs = 0;
  const clock = { ...hurriedClock, steadyMs: () => (nowMs += 200) };
  await world.run(migration, 'expand', { ...parts, clock, emit: (event) => void events.push(event) });
  const progress = events.filter((event) => event.type === 'step-progress');
  expect(progress.length).toBeGreaterThan(1);
  for (const { rows, totalRows, rowsPerSecond, remainingMs } of progress) {
    expect(totalRows).toBe(2000);
    expect(rowsPerSecond).toBeGreaterThan(0);
    expect(remainingMs).toBe(Math.round(((2000 - rows) * 1000) / rowsPerSecond));
  }
});

test('batches grow and shrink towards a tenth of a second, within their bounds', () => {
  const cases: readonly [Parameters<typeof nextBatchRows>, number][] = [
    [[1000, 50, 'none'], 2000],
    [[1000, 10, 'none'], 2000],
    [[1000, 125, 'none'], 800],
    [[1000, 5000, 'none'], 500],
    [[1000, 0, 'none'], 2000],
    [[40_000, 10, 'none'], 50_000],
    [[120, 5000, 'none'], 100],
    [[1000, 10, 'waited'], 500],
    [[50_000, 10, 'over'], 100],
  ];
  for (const [given, wanted] of cases) expect(nextBatchRows(...given)).toBe(wanted);
});

const counting = (sign: '+' | '-'): WalkAction => ({
  ...walkItems,
  statement: `UPDATE items AS t SET seen = seen ${sign} 1 FROM themis_batch AS b WHERE t.id = b.id`,
});
const seenItems = [...itemsSql(1000), 'ALTER TABLE items ADD COLUMN seen int NOT NULL DEFAULT 0'];
const counted = async () => await world.sql('SELECT min(seen), max(seen) FROM items');

test('what takes a walk back treats the rows that the walk came to, and no others', async () => {
  await world.reset(...seenItems, 'ALTER TABLE items ADD CHECK (id < 500 OR seen = 0)');
  const { migration, parts } = handMade({ expand: [step('walk', counting('+'), counting('-'))] });
  // The first batches go, a later one does not.
  expect(await world.run(migration, 'expand', parts)).toMatchObject({ outcome: 'undone' });
  expect(await counted()).toEqual([{ min: '0', max: '0' }]);
  await world.reset(...seenItems);
  await world.run(migration, 'expand', parts);
  await world.sql(`INSERT INTO items SELECT n, 'new', 0 FROM generate_series(1001, 1200) n`);
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
  expect(await counted()).toEqual([{ min: '0', max: '0' }]);
});

test('an undo that got stuck in a walk goes on behind its last batch', async () => {
  await world.reset(...seenItems);
  const { migration, parts } = handMade({ expand: [step('walk', counting('+'), counting('-'))] });
  await world.run(migration, 'expand', parts);
  await world.sql('ALTER TABLE items ADD CONSTRAINT stubborn CHECK (id < 500 OR seen > 0)');
  expect(await world.undo('first')).toMatchObject({ outcome: 'stuck' });
  expect(await counted()).toEqual([{ min: '0', max: '1' }]);
  await world.sql('ALTER TABLE items DROP CONSTRAINT stubborn');
  expect(await world.undo('first')).toMatchObject({ outcome: 'done' });
  expect(await counted()).toEqual([{ min: '0', max: '0' }]);
});
