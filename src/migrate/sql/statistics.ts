import type { CatalogStatistics } from '../../model/schema/catalog.ts';
import { identifier, qualified } from './quote.ts';

/** Makes it as it is, but for what is said of it. */
export function statisticsScript(statistics: CatalogStatistics): readonly string[] {
  const alter = `ALTER STATISTICS ${qualified(statistics)}`;
  const { definition, target, owner } = statistics;
  return [
    definition,
    ...(target === null ? [] : [`${alter} SET STATISTICS ${target}`]),
    `${alter} OWNER TO ${identifier(owner)}`,
  ];
}
