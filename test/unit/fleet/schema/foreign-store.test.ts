/** Tokens are those of one coordination store: another one, or a new one where it was lost, begins to count anew. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { failureOf } from '../../../support/failure-of.ts';
import { openMemory } from '../../../support/database/memory.ts';
import { SchemaWorld, migration, rawSql } from '../../../support/schema/schema-world.ts';

let world: SchemaWorld;

beforeAll(async () => {
  world = new SchemaWorld(await openMemory());
});
afterAll(async () => {
  await world.database.close();
});
beforeEach(async () => {
  await world.reset('CREATE TABLE users (id bigint PRIMARY KEY)');
});

const column = rawSql('ALTER TABLE users ADD COLUMN phone text', 'ALTER TABLE users DROP COLUMN phone');
const old = { authority: { store: 'old', token: 7, by: 'ops@control' } };
const fresh = { authority: { store: "it's new", token: 1, by: 'ops@control' } };

test('another store is refused whatever its token, and let in by what the refusal says', async () => {
  await world.run(migration([column]), 'expand', old);
  const late = { authority: { ...fresh.authority, token: 99 } };
  expect(await failureOf(world.run(migration([column]), 'migrate', late))).toMatchObject({ code: 'FOREIGN_STORE' });
  const failure = await failureOf(world.run(migration([column]), 'migrate', fresh));
  expect(failure).toMatchObject({ code: 'FOREIGN_STORE' });
  if (!(failure instanceof ThemisError)) throw failure;
  await world.sql(failure.hint!.slice(failure.hint!.indexOf('UPDATE')));
  expect(await world.run(migration([column]), 'migrate', fresh)).toMatchObject({ outcome: 'done' });
  expect(await failureOf(world.undo('first', old))).toMatchObject({ code: 'FOREIGN_STORE' });
});

test('a database that knows no store yet obeys the first that comes', async () => {
  await world.run(migration([column]), 'expand', old);
  await world.sql(`DELETE FROM themis.meta WHERE key = 'store'`);
  expect(await world.run(migration([column]), 'migrate', old)).toMatchObject({ outcome: 'done' });
  expect(await failureOf(world.run(migration([column]), 'contract', fresh))).toMatchObject({ code: 'FOREIGN_STORE' });
});
