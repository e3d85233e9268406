/**
 * The registry of lint rules, by code. A new rule is one file and one line here. Compared with squawk, strong_migrations,
 * eugene and the analyzers of Atlas: what they know of PostgreSQL, and what only who runs the rollout can know.
 */
import { backfillKey } from './backfill/backfill-key.ts';
import { backfillRepeat } from './backfill/backfill-repeat.ts';
import { beforeBackfill } from './backfill/before-backfill.ts';
import { addColumnDefault } from './blocking/add-column-default.ts';
import { addColumnGenerated } from './blocking/add-column-generated.ts';
import { addColumnRequired } from './blocking/add-column-required.ts';
import { addConstraint } from './blocking/add-constraint.ts';
import { addUnique } from './blocking/add-unique.ts';
import { changeType } from './blocking/change-type.ts';
import { createIndex } from './blocking/create-index.ts';
import { dropIndex } from './blocking/drop-index.ts';
import { partition } from './blocking/partition.ts';
import { rebuild } from './blocking/rebuild.ts';
import { rewriteTable } from './blocking/rewrite-table.ts';
import { setNotNull } from './blocking/set-not-null.ts';
import { avoidedTypes } from './naming/avoided-types.ts';
import { longNames } from './naming/long-names.ts';
import { reservedNames } from './naming/reserved-names.ts';
import { columnMoves } from './rollout/column-moves.ts';
import { conflicts } from './rollout/conflicts.ts';
import { dropEarly } from './rollout/drop-early.ts';
import { invalidIndex } from './rollout/invalid-index.ts';
import { missingColumn } from './rollout/missing-column.ts';
import { newNulls } from './rollout/new-nulls.ts';
import { rename } from './rollout/rename.ts';
import { shortGrace } from './rollout/short-grace.ts';
import { stillRead } from './rollout/still-read.ts';
import { unboundContract } from './rollout/unbound-contract.ts';
import { unvalidated } from './rollout/unvalidated.ts';
import { bareRepeat } from './scripts/bare-repeat.ts';
import { cascade } from './scripts/cascade.ts';
import { createTableAs } from './scripts/create-table-as.ts';
import { disableTrigger } from './scripts/disable-trigger.ts';
import { enumInTransaction } from './scripts/enum-in-transaction.ts';
import { lockTable } from './scripts/lock-table.ts';
import { manyLocks } from './scripts/many-locks.ts';
import { opaqueCode } from './text/opaque-code.ts';
import { outsideTransaction } from './scripts/outside-transaction.ts';
import { secret } from './text/secret.ts';
import { timeoutsRule } from './scripts/timeouts.ts';
import { transactionControl } from './scripts/transaction-control.ts';
import { truncate } from './scripts/truncate.ts';
import { unreadable } from './text/unreadable.ts';
import { workUnderLock } from './scripts/work-under-lock.ts';
import { writeAllRows } from './scripts/write-all-rows.ts';
import { enumDefault } from './undo/enum-default.ts';
import { irreversibleFirst } from './undo/irreversible-first.ts';
import { irreversible } from './undo/irreversible.ts';
import { missingInverse } from './undo/missing-inverse.ts';
import type { LintRule } from './rule.ts';

export const rules = [
  unreadable,
  addColumnDefault,
  addColumnRequired,
  addColumnGenerated,
  changeType,
  setNotNull,
  createIndex,
  dropIndex,
  outsideTransaction,
  addConstraint,
  addUnique,
  truncate,
  lockTable,
  rewriteTable,
  writeAllRows,
  createTableAs,
  enumInTransaction,
  manyLocks,
  disableTrigger,
  timeoutsRule,
  transactionControl,
  avoidedTypes,
  longNames,
  reservedNames,
  rename,
  dropEarly,
  cascade,
  rebuild,
  partition,
  opaqueCode,
  stillRead,
  shortGrace,
  unboundContract,
  missingInverse,
  irreversible,
  backfillKey,
  invalidIndex,
  irreversibleFirst,
  conflicts,
  backfillRepeat,
  enumDefault,
  unvalidated,
  missingColumn,
  beforeBackfill,
  bareRepeat,
  workUnderLock,
  newNulls,
  secret,
  columnMoves,
] as const satisfies readonly LintRule[];
