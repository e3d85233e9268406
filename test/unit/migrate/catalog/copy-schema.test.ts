import { beforeAll, expect, test } from 'vitest';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { copySchema } from '../../../../src/migrate/catalog/copy-schema.ts';
import type { Catalog } from '../../../../src/model/schema/catalog.ts';
import { catalogOf, embeddedWith } from '../../../support/migrate/embedded.ts';
import { everything } from '../../../support/migrate/everything.ts';

/** What a catalog knows by name alone, what needs that, and what is written down before the thing that it needs. */
const awkward = [
  'CREATE FOREIGN DATA WRAPPER nowhere',
  'CREATE SERVER far FOREIGN DATA WRAPPER nowhere',
  'CREATE FOREIGN TABLE far_away (a integer) SERVER far',
  'CREATE VIEW a_far AS SELECT a FROM far_away',
  'CREATE VIEW a_nearer AS SELECT a FROM a_far',
  `CREATE TABLE near (a integer DEFAULT 1, b "char", c bit varying(3)[], d text DEFAULT E'it''s \\\\ so')`,
  'CREATE VIEW z AS SELECT a FROM near',
  'CREATE VIEW y AS SELECT a FROM z',
  'CREATE FUNCTION b_calls() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; END',
  'CREATE FUNCTION a_calls() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT b_calls() FROM y; END',
  `CREATE FUNCTION a_sees() RETURNS SETOF z LANGUAGE sql AS 'SELECT * FROM z'`,
  `CREATE AGGREGATE middle(ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
     FINALFUNC = mode_final, FINALFUNC_EXTRA)`,
];

let before: Catalog;
let after: Catalog;
let leftOut: readonly string[];

beforeAll(async () => {
  const original = await embeddedWith([...everything.flat(), ...awkward]);
  before = await catalogOf(original);
  await original.close();
  const copy = await embeddedWith([]);
  leftOut = await copy.use((session) => copySchema(session, before));
  after = await catalogOf(copy);
  await copy.close();
});

test('what cannot be copied is named, with what needs it', () => {
  expect(leftOut).toEqual([
    'collation public.plain',
    'foreign-data wrapper nowhere',
    'publication changes',
    'server far',
    'foreign table public.far_away',
    'aggregate public.middle(anyelement)',
    'view public.a_far (relation "public.far_away" does not exist)',
    'view public.a_nearer (relation "public.a_far" does not exist)',
  ]);
});

test('a copy has everything else that a catalog knows', () => {
  expect(before.tables.length).toBeGreaterThan(10);
  expect(catalogDifference(before, after)).toEqual([
    'function public.middle(anyelement) is missing',
    'collation public.plain is missing',
    'foreign-data wrapper nowhere is missing',
    'publication changes is missing',
    'server far is missing',
    'table billing.invoices: publication changes is missing',
    'table public.far_away is missing',
    'table public.users: publication changes (id, name) WHERE (id > 0) is missing',
    'view public.a_far is missing',
    'view public.a_nearer is missing',
  ]);
});
