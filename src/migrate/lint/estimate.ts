/** How long things take on a table, from what was measured: for people, to the order of magnitude. */
import { formatDuration } from '../../kernel/units/duration.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { CatalogTable } from '../../model/schema/catalog.ts';
import { writtenName } from './sql/names.ts';
import type { Cost } from './rule.ts';

/** Rows per second. */
export interface LintRates {
  readonly buildIndex: number;
  readonly buildIndexConcurrently: number;
  /** Reads every row: VALIDATE CONSTRAINT, SET NOT NULL. */
  readonly scan: number;
  /** Writes the table anew under its lock. */
  readonly rewrite: number;
  /** Shadow table, in batches. */
  readonly copy: number;
  /** Backfill and shadow column, in batches: they leave dead rows. */
  readonly fill: number;
}

export type Work = keyof LintRates;

/** PostgreSQL 18.4 with 10 million rows on two cores, four writers beside it. */
export const measuredRates: LintRates = {
  buildIndex: 10_000_000 / 43,
  buildIndexConcurrently: 10_000_000 / 17,
  scan: 1_600_000,
  rewrite: 10_000_000 / 75,
  copy: 100_000,
  fill: 40_000,
};

/** With the rows and bytes of its partitions and of what inherits from it: a statement goes through them, too. */
export function wholeTable(table: CatalogTable, tables: readonly CatalogTable[]): CatalogTable {
  const whole = new Set([table]);
  for (const { schema, name } of whole) {
    for (const one of tables) if (one.inherits.includes(`${schema}.${name}`)) whole.add(one);
  }
  const parts = [...whole];
  const sum = (of: (one: CatalogTable) => number): number => parts.reduce((total, one) => total + of(one), 0);
  return { ...table, rows: sum(({ rows }) => rows), sizeBytes: sum(({ sizeBytes }) => sizeBytes) };
}

/** What is over before a writer would notice; a table may have grown until its day comes. */
const unnoticedMs = 100;

export function isUnnoticed({ work }: Cost, table: CatalogTable | undefined, rates: LintRates): boolean {
  return work !== undefined && table !== undefined && (table.rows / rates[work]) * 1000 <= unnoticedMs;
}

/** Two minutes are told from two seconds, not from three minutes. */
export function estimateMs(rows: number, work: Work, rates: LintRates): number {
  return Math.max(1000, (rows / rates[work]) * 1000);
}

/** Sentences about the table and the time; none where the catalog does not know it. */
export function costDetails(cost: Cost, table: CatalogTable | undefined, rates: LintRates): readonly string[] {
  if (table === undefined) return [];
  const { work, online, blocks } = cost;
  const time = (which: Work): string => `about ${formatDuration(estimateMs(table.rows, which, rates))}`;
  const meanwhile = { writers: 'and nobody can write to it meanwhile', everybody: 'and nobody can use it meanwhile' };
  return [
    `Table ${writtenName(cost.table)} has about ${formatRows(table.rows)} in ${formatSize(table.sizeBytes)}.`,
    ...(work === undefined ? [] : [`This takes ${time(work)}${blocks === undefined ? '' : `, ${meanwhile[blocks]}`}.`]),
    ...(online === undefined ? [] : [`Done online it takes ${time(online)}, and everybody goes on.`]),
  ];
}

function formatRows(rows: number): string {
  const count = Math.max(0, Math.round(rows));
  return `${String(count).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',')} ${count === 1 ? 'row' : 'rows'}`;
}
