/**
 * Statements that say how a script is run, and not what the schema is: they have no place in a migration, where every
 * step has a session and a transaction of its own. Those that would change what the others mean are errors.
 */
import type { CopyStmt, SelectStmt, TransactionStmt, VariableSetStmt } from 'libpg-query';
import { leftOut, type Draft, type Note, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { fieldsOf, lastName } from '../tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';

/** undefined: it does something. */
export function sayLeftOut(unit: Unit, world: World): readonly Draft[] | undefined {
  const made = noteOf(unit, world);
  if (made === undefined) return undefined;
  world.note(made);
  return [];
}

function noteOf(unit: Unit, world: World): Note | undefined {
  const { kind, fields } = fieldsOf(unit.node);
  if (kind === 'TransactionStmt') return transaction(fields as TransactionStmt, unit);
  if (kind === 'VariableSetStmt') return setting(fields as VariableSetStmt, unit, world);
  if (kind === 'CopyStmt') return copied(fields as CopyStmt, unit);
  if (kind === 'SelectStmt') return selected(fields as SelectStmt, unit, world);
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

/** What psql reads and writes itself: to a server it is half of a conversation. */
function copied({ filename, is_from: isFrom }: CopyStmt, unit: Unit): Note | undefined {
  if (filename !== undefined) return undefined;
  if (isFrom !== true)
    return leftOut(unit, 'COPY is left out: it shows rows to whoever runs the script.', 'Remove it.');
  return {
    code: 'THM7310',
    severity: 'error',
    summary: 'The rows that COPY waits for are in no migration.',
    fix: 'Remove it, or write the rows as INSERT: pg_dump does so with --inserts.',
    piece: unit.piece,
  };
}

function setting({ name, args, kind }: VariableSetStmt, unit: Unit, world: World): Note {
  if (kind === 'VAR_RESET_ALL') world.settings.clear();
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
  return settingNote(name ?? '', kind === 'VAR_SET_VALUE' ? (args ?? []).map(constantOf).join() : '', unit, world);
}

/** What changes what the statements after it mean: its value that changes nothing, and what to write instead. */
const meaningful: Readonly<Record<string, readonly [harmless: RegExp, fix: string]>> = {
  default_tablespace: [/^(?:pg_default)?$/u, 'Write TABLESPACE where it is meant, and remove it.'],
  default_table_access_method: [/^(?:heap)?$/u, 'Write USING where it is meant, and remove it.'],
  default_toast_compression: [/^(?:pglz)?$/u, 'Write COMPRESSION where it is meant, and remove it.'],
  timezone: [/^$/u, 'Write the zone into the values that depend on it, and remove it.'],
  datestyle: [/^(?:iso\b.*)?$/iu, 'Write dates as 2026-12-31, and remove it.'],
  intervalstyle: [/^(?:postgres)?$/u, 'Write intervals as PostgreSQL prints them, and remove it.'],
  session_replication_role: [/^(?:origin)?$/u, 'Set it for the user of the Database where triggers are not to fire.'],
  transform_null_equals: [/^(?:off|false)?$/u, 'Write IS NULL, and remove it.'],
};

function settingNote(name: string, value: string, unit: Unit, world: World): Note {
  world.settings.set(name, value);
  if (name === 'standard_conforming_strings' && isOff(value)) {
    return {
      code: 'THM7312',
      severity: 'error',
      summary: 'Backslashes of the texts after it are read as escapes, but in a migration they are not.',
      fix: `Write such texts as E'...', and remove it.`,
      piece: unit.piece,
    };
  }
  const [harmless, fix] = meaningful[name] ?? [];
  if (harmless !== undefined && fix !== undefined && !harmless.test(value)) {
    const summary = `${firstWords(unit)} is left out, though it changes what the statements after it mean.`;
    return { code: 'THM7312', severity: 'warning', summary, fix, piece: unit.piece };
  }
  return leftOut(unit, `${firstWords(unit)} is left out: it lasts as long as its session.`, 'Remove it.');
}

export function isOff(value: string | undefined): boolean {
  return value !== undefined && /^(?:off|false|no|0)$/iu.test(value);
}

function selected({ targetList = [], fromClause }: SelectStmt, unit: Unit, world: World): Note | undefined {
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
  return settingNote((name ?? '').toLowerCase(), value ?? '', unit, world);
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
  if (!('A_Const' in node)) return undefined;
  const { sval, ival, fval } = node.A_Const;
  return sval?.sval ?? fval?.fval ?? (ival === undefined ? '' : String(ival.ival ?? 0));
}

/** `BEGIN`, `SET lock_timeout`. */
function firstWords({ piece }: Unit): string {
  const [first = '', second = ''] = verbatim(piece).split(/\s+/u);
  return /^(?:set|reset|lock|discard|select)$/iu.test(first) ? `${first} ${second}` : first;
}
