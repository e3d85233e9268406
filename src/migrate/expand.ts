/** An operation of a migration, expanded for one phase into the steps that the database then keeps. */
import { digestJson, shortDigest } from '../kernel/digest.ts';
import type { Catalog } from '../model/schema/catalog.ts';
import type { DatabaseEngine, SchemaPhase } from '../model/schema/database.ts';
import type { Operation } from '../model/documents.ts';
import type { SchemaStep } from '../model/schema/schema-step.ts';
import { operationOf } from './index.ts';
import { hiddenPrefix } from './names.ts';
import { isRefusal, type Refusal } from './operation.ts';
import { longestNameBytes } from './sql/auto-name.ts';

export interface ExpandInput {
  readonly migration: string;
  readonly operation: Operation;
  /** Of the operation in its migration, from 0. */
  readonly index: number;
  readonly phase: SchemaPhase;
  readonly catalog: Catalog;
  readonly engine: DatabaseEngine;
  readonly serverVersionNumber: number;
}

export { hiddenPrefix };

export function expandOperation(input: ExpandInput): readonly SchemaStep[] | Refusal {
  const { migration, operation, index, phase } = input;
  const { kind, params, code } = operationOf(operation);
  const id = shortDigest(digestJson([migration, index, kind]));
  const planned = code.steps(params, phase, {
    catalog: input.catalog,
    engine: input.engine,
    serverVersionNumber: input.serverVersionNumber,
    hidden: (purpose) => `${hiddenPrefix}${id}_${purpose}`.slice(0, longestNameBytes),
  });
  if (isRefusal(planned)) return planned;
  return planned.map(({ key, ...step }) => ({ id: `${phase}/${index}/${key}`, phase, operation: index, ...step }));
}
