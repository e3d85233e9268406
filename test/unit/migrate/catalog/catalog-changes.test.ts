import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogDifference } from '../../../../src/migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../../../src/migrate/catalog/catalog-digest.ts';
import type { Catalog } from '../../../../src/model/schema/catalog.ts';
import type { Database } from '../../../../src/ports/schema/database.ts';
import { changes } from '../../../support/migrate/changes.ts';
import { catalogOf, embeddedWith, runOn } from '../../../support/migrate/embedded.ts';
import { everything } from '../../../support/migrate/everything.ts';

let database: Database;
let before: Catalog;

beforeAll(async () => {
  database = await embeddedWith(everything.flat());
  before = await catalogOf(database);
});

afterAll(async () => {
  await database.close();
});

const cases = changes.map(([up, down, ...sentences]) => ({ up, down, sentences }));

test.each(cases)('$up is told, and is gone when it was taken back', async ({ up, down, sentences }) => {
  await runOn(database, [up]);
  const after = await catalogOf(database);
  expect(catalogDifference(before, after)).toEqual(sentences);
  expect(catalogDigest(after)).not.toBe(catalogDigest(before));
  if (down === null) return;
  await runOn(database, [down]);
  const again = await catalogOf(database);
  expect(catalogDifference(before, again)).toEqual([]);
  expect(catalogDigest(again)).toBe(catalogDigest(before));
});

test('there is a sentence for each field that counts, and none for the others', () => {
  const uncounted = new Set<string>();
  const fields = leavesOf(before);
  for (const [field, path] of fields) {
    const after = withOther(before, path);
    const differs = catalogDigest(after) !== catalogDigest(before);
    expect(catalogDifference(before, after).length > 0, field).toBe(differs);
    if (!differs) uncounted.add(field);
  }
  expect(fields.size).toBeGreaterThan(100);
  expect([...uncounted]).toEqual([
    'tables.rows',
    'tables.sizeBytes',
    'tables.columns.position',
    'views.columns.position',
  ]);
});

type Path = readonly (string | number)[];

/** One place of each field. */
function leavesOf(value: unknown, path: Path = [], found = new Map<string, Path>()): ReadonlyMap<string, Path> {
  if (typeof value === 'object' && value !== null) {
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, inner] of entries) leavesOf(inner, [...path, key], found);
  } else {
    const field = path.filter((key) => typeof key === 'string').join('.');
    if (!found.has(field)) found.set(field, path);
  }
  return found;
}

function withOther(catalog: Catalog, path: Path): Catalog {
  const other = structuredClone(catalog) as unknown as Record<string | number, unknown>;
  const last = path.at(-1)!;
  const parent = path.slice(0, -1).reduce((inner, key) => inner[key] as typeof other, other);
  parent[last] = typeof parent[last] === 'boolean' ? !parent[last] : 'another';
  return other as unknown as Catalog;
}
