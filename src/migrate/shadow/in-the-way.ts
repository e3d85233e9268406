/** What keeps a column or a table from having a shadow: PostgreSQL would refuse the plain ALTER for most of it too. */
import type { Catalog, CatalogColumn, CatalogTable } from '../../model/catalog.ts';
import { refuse, shown } from '../find.ts';
import type { Refusal } from '../operation.ts';
import { namesColumn, triggerCondition } from './rewrite.ts';

/** Tables that have no shadow whatever is changed. */
export function refuseTable(table: CatalogTable, catalog: Catalog): Refusal | undefined {
  const place = shown(table);
  if (table.kind !== 'table') {
    return refuse(
      'THM7050',
      `${place} is no plain table: a shadow beside ${article[table.kind]} would miss what is written.`,
      'Change it with rawSql, in a quiet hour.',
    );
  }
  const heirs = catalog.tables.filter(({ inherits }) => inherits.includes(place)).map(shown);
  if (table.inherits.length > 0 || heirs.length > 0) {
    return refuse(
      'THM7051',
      `${place} inherits, or is inherited from: ${[...table.inherits, ...heirs].join(', ')}.`,
      'End the inheritance first, or change it with rawSql, in a quiet hour.',
    );
  }
  if (table.forcedRowSecurity) {
    return refuse(
      'THM7052',
      `Row security of ${place} holds for its owner too: a copy could miss rows without a sign.`,
      'Run ALTER TABLE ... NO FORCE ROW LEVEL SECURITY first, with rawSql, and FORCE it again after contract.',
    );
  }
  return undefined;
}

const article = { partitioned: 'a partitioned table', partition: 'a partition', foreign: 'a foreign table' };

/** A hidden column or table would be sent to subscribers that do not have it. */
export function refusePublished({ publications, schema, name }: CatalogTable): Refusal | undefined {
  if (publications.length === 0) return undefined;
  return refuse(
    'THM7053',
    `${schema}.${name} is published (${publications.join(', ')}), and its subscribers know no shadow of it.`,
    'Take the table out of the publication first, or change it with rawSql on both sides.',
  );
}

/** Readers of one column; of any column where it is null. */
export function refuseReaders(catalog: Catalog, table: CatalogTable, column: string | null): Refusal | undefined {
  const place = column === null ? shown(table) : `${shown(table)}.${column}`;
  const reads = (list: readonly string[]): boolean =>
    list.some((read) => read === place || (column === null && read.startsWith(`${place}.`)));
  const readers = [
    ...catalog.views.filter((view) => reads(view.reads)).map((view) => `view ${shown(view)}`),
    ...catalog.functions.filter((code) => reads(code.reads)).map((code) => `function ${shown(code)}`),
    ...catalog.tables.flatMap((other) => [
      ...other.rules.filter((rule) => other === table || reads(rule.reads)).map(({ name }) => `rule ${name}`),
      ...other.policies
        .filter((policy) => reads(policy.reads) && (column !== null || other !== table))
        .map(({ name }) => `policy ${name}`),
    ]),
  ];
  if (readers.length === 0) return undefined;
  return refuse(
    'THM7054',
    `${readers.join(', ')} of ${shown(table)} ${readers.length === 1 ? 'depends' : 'depend'} on ${place}.`,
    'Drop it first and make it again after contract, with rawSql.',
  );
}

/** Generated columns and triggers that name the column: PostgreSQL changes its type for neither. */
export function refuseNaming(table: CatalogTable, column: CatalogColumn): Refusal | undefined {
  const generated = table.columns.find(
    (other) => other.generated !== null && namesColumn(other.generated, column.name),
  );
  if (generated !== undefined) {
    return refuse(
      'THM7055',
      `Column ${generated.name} of ${shown(table)} is generated from ${column.name}.`,
      'Drop the generated column first and add it again after contract.',
    );
  }
  return refuseTriggers(table, column.name);
}

/** A trigger that fires for a column alone does not fire for its other name. */
export function refuseTriggers(table: CatalogTable, column: string): Refusal | undefined {
  const trigger = table.triggers.find(({ definition }) => namesColumn(triggerCondition(definition), column));
  if (trigger === undefined) return undefined;
  return refuse(
    'THM7056',
    `Trigger ${trigger.name} of ${shown(table)} names ${column} in what it fires for.`,
    'Make it a trigger for every column without WHEN, which looks for itself, before this operation.',
  );
}

export function firstRefusal(...found: readonly (Refusal | undefined)[]): Refusal | undefined {
  return found.find((refusal) => refusal !== undefined);
}
