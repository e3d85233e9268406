/** The registry of schema operations. A new one is one file and one line here; the schema of Migration names the same. */
import type { Operation } from '../model/documents.ts';
import type { OperationKind, ParamsOf, SchemaOperation } from './operation.ts';
import { rawSql } from './operations/raw-sql.ts';

type Registry = { readonly [Kind in OperationKind]: SchemaOperation<Kind> };

export const operations = { rawSql } as unknown as Registry;

/** The one field that an operation of a document has, with its code. */
export function operationOf(operation: Operation) {
  const [kind] = Object.keys(operation) as [OperationKind];
  return { kind, params: operation[kind] as ParamsOf<never>, code: operations[kind] as SchemaOperation<never> };
}
