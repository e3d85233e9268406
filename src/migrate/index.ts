/** The registry of schema operations. A new one is one file and one line here; the schema of Migration names the same. */
import type { Operation } from '../model/documents.ts';
import type { OperationKind, ParamsOf, SchemaOperation } from './operation.ts';
import { addColumn } from './operations/add-column.ts';
import { addConstraint } from './operations/add-constraint.ts';
import { addEnumValue } from './operations/add-enum-value.ts';
import { addIndex } from './operations/add-index.ts';
import { alterColumn } from './operations/alter-column.ts';
import { backfill } from './operations/backfill.ts';
import { createTable } from './operations/create-table.ts';
import { custom } from './operations/custom.ts';
import { dropColumn } from './operations/drop-column.ts';
import { dropConstraint } from './operations/drop-constraint.ts';
import { dropIndex } from './operations/drop-index.ts';
import { dropTable } from './operations/drop-table.ts';
import { rawSql } from './operations/raw-sql.ts';
import { renameColumn } from './operations/rename-column.ts';
import { renameTable } from './operations/rename-table.ts';

type Registry = { readonly [Kind in OperationKind]: SchemaOperation<Kind> };

export const operations = {
  createTable,
  dropTable,
  renameTable,
  addColumn,
  renameColumn,
  dropColumn,
  alterColumn,
  addIndex,
  dropIndex,
  addConstraint,
  dropConstraint,
  addEnumValue,
  backfill,
  rawSql,
  custom,
} satisfies Registry;

/** The one field that an operation of a document has, with its code. */
export function operationOf(operation: Operation) {
  const [kind] = Object.keys(operation) as [OperationKind];
  return { kind, params: operation[kind] as ParamsOf<never>, code: operations[kind] as SchemaOperation<never> };
}
