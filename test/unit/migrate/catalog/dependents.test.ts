import { afterAll, beforeAll, expect, test } from 'vitest';
import { dependentsOf } from '../../../../src/migrate/catalog/dependents.ts';
import type { Catalog } from '../../../../src/model/schema/catalog.ts';
import type { Database } from '../../../../src/ports/schema/database.ts';
import { catalogOf, embeddedWith } from '../../../support/migrate/embedded.ts';
import { everything } from '../../../support/migrate/everything.ts';

let database: Database;
let catalog: Catalog;

beforeAll(async () => {
  database = await embeddedWith([
    ...everything.flat(),
    `CREATE RULE copied AS ON INSERT TO scratch DO ALSO INSERT INTO nothing SELECT FROM "Odd. Schema"."Order Lines" o WHERE o."a.b" = 'x'`,
  ]);
  catalog = await catalogOf(database);
});

afterAll(async () => {
  await database.close();
});

const users = { schema: 'public', name: 'users' };

function told(table: { schema: string; name: string }, column?: string): readonly string[] {
  return dependentsOf(catalog, table, column).map(
    ({ kind, place, certain }) => `${kind} ${place}${certain ? '' : ', perhaps'}`,
  );
}

test('a table is read by views, policies and functions', () => {
  expect(told(users)).toEqual([
    'materialized view public.billed',
    'view public.how_many',
    'view public.rich_users',
    'policy billing.invoices.billed',
    'policy public.users.own',
    'function public.cheapest()',
    'function public.names(), perhaps',
    'function public.touches(), perhaps',
  ]);
});

test('a column is read by those that name it', () => {
  expect(told(users, 'price')).toEqual(['view public.rich_users', 'function public.cheapest()']);
  expect(told(users, 'name')).toEqual([
    'materialized view public.billed',
    'view public.rich_users',
    'policy public.users.own',
    'function public.names(), perhaps',
  ]);
  expect(told(users, 'data')).toEqual([]);
});

test('the function of a trigger reads columns of the table without naming it', () => {
  expect(told(users, 'changed_at')).toEqual(['function public.touches(), perhaps']);
  expect(told({ schema: 'public', name: 'copies' }, 'changed_at')).toEqual([]);
});

test('a view that is read by a view is no table for that', () => {
  expect(told({ schema: 'public', name: 'rich_users' })).toEqual(['view public.rich_names']);
});

test('columns keep rows of a table, and rules read it', () => {
  expect(told({ schema: 'public', name: 'animals' })).toEqual([
    'column public.copies.kept',
    'column public.copies.original',
  ]);
  expect(told({ schema: 'Odd. Schema', name: 'Order Lines' }, 'a.b')).toEqual(['rule public.scratch.copied']);
});
