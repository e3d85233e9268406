/** What changes rows, rights or settings, and what is not known: kept as it is. */
import type { RangeVar } from 'libpg-query';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { findWord, verbatim } from '../piece.ts';
import { qualified } from '../../sql/quote.ts';
import { undoWithObjects } from '../own-object.ts';
import { fieldsOf, relationOf } from '../tree.ts';
import { withTable } from './command.ts';

export function everythingElse(unit: Unit, world: World): readonly Draft[] {
  const { kind, fields } = fieldsOf(unit.node);
  const relation = fields['relation'] as RangeVar | undefined;
  const table = typeof relation === 'object' && relation.relname !== undefined ? relationOf(relation) : undefined;
  const reason = reasons[kind] ?? { why: 'there is no operation for it', undo: 'There is no undo that is certain.' };
  const undo = undoOf(unit, reason, world);
  const own = table === undefined ? unit : { ...unit, table };
  return [
    raw(
      own,
      verbatim(unit.piece),
      reason.why,
      table === undefined ? undo : withTable(table, undo, world),
      isAlone(unit, kind) ? { transactional: false } : {},
    ),
  ];
}

function undoOf({ node }: Unit, reason: Reason, world: World): Undo {
  if ('nothing' in reason) return { down: `SELECT 'nothing to take back'` };
  const unknown: Undo = { irreversible: reason.undo };
  if ('GrantStmt' in node && node.GrantStmt.targtype === 'ACL_TARGET_OBJECT') {
    return undoWithObjects(node.GrantStmt.objtype, node.GrantStmt.objects ?? [], unknown, world);
  }
  if ('AlterOwnerStmt' in node) {
    const { objectType, object } = node.AlterOwnerStmt;
    return undoWithObjects(objectType, object === undefined ? [] : [object], unknown, world);
  }
  if ('AlterSeqStmt' in node) {
    const { sequence } = node.AlterSeqStmt;
    const isOwn = world.known.hasObject('sequence', relationOf(sequence));
    // A table that owns it would take it along before its own undo comes.
    return isOwn ? { down: `ALTER SEQUENCE ${qualified(relationOf(sequence))} OWNED BY NONE` } : unknown;
  }
  return unknown;
}

type Reason = { readonly why: string } & ({ readonly undo: string } | { readonly nothing: true });

const rows: Reason = { why: 'it changes rows, which is for backfill', undo: 'The rows from before are not kept.' };
const rights: Reason = {
  why: 'there is no operation for rights',
  undo: 'The rights from before are not in the script.',
};
const upkeep: Reason = { why: 'there is no operation for upkeep', nothing: true };

const reasons: Readonly<Record<string, Reason>> = {
  InsertStmt: rows,
  UpdateStmt: rows,
  DeleteStmt: rows,
  MergeStmt: rows,
  TruncateStmt: rows,
  CopyStmt: rows,
  SelectStmt: { why: 'a query may change what it calls', undo: 'What the query did is not known.' },
  CallStmt: { why: 'what it does is not known', undo: 'What it did is not known.' },
  DoStmt: { why: 'what it does is not known', undo: 'What it did is not known.' },
  GrantStmt: rights,
  GrantRoleStmt: rights,
  AlterDefaultPrivilegesStmt: rights,
  AlterOwnerStmt: { why: 'there is no operation for owners', undo: 'The owner from before is not in the script.' },
  VacuumStmt: upkeep,
  ReindexStmt: upkeep,
  ClusterStmt: upkeep,
  RefreshMatViewStmt: upkeep,
};

/** PostgreSQL takes it outside of a transaction only. */
function isAlone({ piece }: Unit, kind: string): boolean {
  if (kind === 'VacuumStmt') return findWord(piece, 'vacuum') === piece.first;
  if (kind === 'ReindexStmt') return /\b(?:concurrently|database|system|schema)\b/iu.test(verbatim(piece));
  return /^(?:CreatedbStmt|DropdbStmt|CreateTableSpaceStmt|DropTableSpaceStmt|AlterSystemStmt|CreateSubscriptionStmt|DropSubscriptionStmt)$/u.test(
    kind,
  );
}
