import { digestJson, type Digest } from '../../kernel/digest.ts';
import type { Catalog } from '../../model/schema/catalog.ts';

/** What is no part of a schema: how much lies in a table, and where on disk. */
export const uncounted: ReadonlySet<string> = new Set(['rows', 'sizeBytes', 'position']);

/** Equal where the schemas are, whoever made them and in which order. */
export function catalogDigest(catalog: Catalog): Digest {
  return digestJson(counted(catalog));
}

function counted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(counted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !uncounted.has(field))
      .map(([field, inner]) => [field, counted(inner)]),
  );
}
