/**
 * Statements that say how a script is run, and not what the schema is: they have no place in a migration, where every
 * step has a session and a transaction of its own. Those that would change what the others mean are errors.
 */
import type { SelectStmt, TransactionStmt, VariableSetStmt } from 'libpg-query';
import { leftOut, type Draft, type Note, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { fieldsOf, lastName } from '../tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';

/** undefined: it does something. */
export function sayLeftOut(unit: Unit, world: World): readonly Draft[] | undefined {
  const made = noteOf(unit);
  if (made === undefined) return undefined;
  world.note(made);
  return [];
}

function noteOf(unit: Unit): Note | undefined {
  const { kind, fields } = fieldsOf(unit.node);
  if (kind === 'TransactionStmt') return transaction(fields as TransactionStmt, unit);
  if (kind === 'VariableSetStmt') return setting(fields as VariableSetStmt, unit);
  if (kind === 'SelectStmt') return selected(fields as SelectStmt, unit);
  const why = sessionOnly[kind];
  return why === undefined ? undefined : leftOut(unit, `${firstWords(unit)} is left out: ${why}.`, 'Remove it.');
}

const sessionOnly: Readonly<Record<string, string>> = {
  LockStmt: 'each step takes the locks that it needs, and no longer than it needs them',
  ConstraintsSetStmt: 'it lasts as long as its transaction',
  VariableShowStmt: 'it shows something to whoever runs the script',
  ExplainStmt: 'it shows something to whoever runs the script',
  DiscardStmt: 'it lasts as long as its session',
  PrepareStmt: 'it lasts as long as its session',
  DeallocateStmt: 'it lasts as long as its session',
  DeclareCursorStmt: 'it lasts as long as its session',
  FetchStmt: 'it lasts as long as its session',
  ClosePortalStmt: 'it lasts as long as its session',
  ListenStmt: 'it lasts as long as its session',
  UnlistenStmt: 'it lasts as long as its session',
  LoadStmt: 'it lasts as long as its session',
  CheckPointStmt: 'it changes nothing',
};

function transaction({ kind }: TransactionStmt, unit: Unit): Note {
  if (kind === 'TRANS_STMT_ROLLBACK' || kind === 'TRANS_STMT_ROLLBACK_TO') {
    return {
      code: 'THM7306',
      severity: 'error',
      summary: 'The script takes back what it did, so what it is to leave behind is not clear.',
      fix: 'Remove ROLLBACK together with what it takes back.',
      piece: unit.piece,
    };
  }
  return leftOut(unit, `${firstWords(unit)} is left out: each step has a transaction of its own.`, 'Remove it.');
}

function setting({ name, args, kind }: VariableSetStmt, unit: Unit): Note {
  if (name === 'search_path' && kind === 'VAR_SET_VALUE') return searchPath((args ?? []).map(constantOf), unit);
  if (name === 'role' || name === 'session_authorization') {
    return {
      code: 'THM7302',
      severity: 'warning',
      summary: `${firstWords(unit)} is left out: everything will belong to the user of the Database.`,
      fix: 'Let the Database connect as that user, or change owners by rawSql.',
      piece: unit.piece,
    };
  }
  return leftOut(unit, `${firstWords(unit)} is left out: it lasts as long as its session.`, 'Remove it.');
}

function selected({ targetList = [], fromClause }: SelectStmt, unit: Unit): Note | undefined {
  if (targetList.length !== 1 || (fromClause ?? []).length > 0) return undefined;
  const target = fieldsOf(targetList[0]!).fields['val'] as SqlNode | undefined;
  if (target === undefined || !('FuncCall' in target)) return undefined;
  const { funcname, args = [] } = target.FuncCall;
  if (lastName(funcname) !== 'set_config') return undefined;
  const [name, value] = args.map(constantOf);
  if (name === 'search_path')
    return searchPath(
      (value ?? '').split(',').map((one) => one.trim()),
      unit,
    );
  return leftOut(unit, 'A setting is left out: it lasts as long as its session.', 'Remove it.');
}

/** Names without a schema are taken to lie in public. */
function searchPath(schemas: readonly (string | undefined)[], unit: Unit): Note {
  const first = schemas.find((schema) => schema !== '"$user"' && schema !== '$user' && schema !== 'pg_catalog');
  if (first === undefined || first === '' || first === 'public') {
    return leftOut(unit, 'search_path is left out: names without a schema lie in public.', 'Remove it.');
  }
  return {
    code: 'THM7307',
    severity: 'error',
    summary: `Names without a schema would lie in ${first}, but a migration looks for them in public.`,
    fix: 'Write the schema in front of the names, and remove search_path.',
    piece: unit.piece,
  };
}

function constantOf(node: SqlNode): string | undefined {
  return 'A_Const' in node ? (node.A_Const.sval?.sval ?? '') : undefined;
}

/** `BEGIN`, `SET lock_timeout`. */
function firstWords({ piece }: Unit): string {
  const [first = '', second = ''] = verbatim(piece).split(/\s+/u);
  return /^(?:set|reset|lock|discard)$/iu.test(first) ? `${first} ${second}` : first;
}
