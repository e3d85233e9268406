/** The registry of action kinds. A new kind is one file and one line here; `ActionKind` derives from it. */
import type { PlanStep, StepKind } from '../model/plan.ts';
import type { Action } from './instruction.ts';
import { nodeInstall } from './node-install.ts';
import { nodeRepair } from './node-repair.ts';
import { nodeRollback } from './node-rollback.ts';
import { nodeUpdate } from './node-update.ts';
import { schemaContract } from './schema-contract.ts';
import { schemaExpand } from './schema-expand.ts';
import { schemaMigrate } from './schema-migrate.ts';
import { schemaUndo } from './schema-undo.ts';
import { stagePromote } from './stage-promote.ts';

export const actions = [
  nodeInstall,
  nodeUpdate,
  nodeRepair,
  nodeRollback,
  stagePromote,
  schemaExpand,
  schemaMigrate,
  schemaContract,
  schemaUndo,
] as const;

export type ActionKind = (typeof actions)[number]['kind'];

const byKind: Readonly<Record<StepKind, Action<PlanStep>>> = {
  'node-install': nodeInstall,
  'node-update': nodeUpdate,
  'node-repair': nodeRepair,
  'node-rollback': nodeRollback,
  'stage-promote': stagePromote,
  'schema-expand': schemaExpand,
  'schema-migrate': schemaMigrate,
  'schema-contract': schemaContract,
  'schema-undo': schemaUndo,
} satisfies Record<ActionKind, Action<PlanStep>>;

export function actionOf(step: PlanStep): Action<PlanStep> {
  return byKind[step.kind];
}

export function isActionKind(text: string): text is ActionKind {
  return Object.hasOwn(byKind, text);
}
