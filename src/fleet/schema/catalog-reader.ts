import { catalogDifference } from '../../migrate/catalog/catalog-difference.ts';
import { catalogDigest } from '../../migrate/catalog/catalog-digest.ts';
import { readCatalog } from '../../migrate/catalog/read-catalog.ts';
import type { CatalogReader } from './request.ts';

/** How runs read and compare schemas. */
export const catalogReader: CatalogReader = {
  read: readCatalog,
  digest: catalogDigest,
  difference: catalogDifference,
};
