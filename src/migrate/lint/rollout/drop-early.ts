import type { Severity } from '../../../kernel/finding.ts';
import type { Operation } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { asOperation } from '../as-operation.ts';
import { readersOf } from '../readers.ts';
import type { LintProblem, LintRule, LintWorld } from '../rule.ts';
import { objectName, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

interface Dropped {
  readonly operation: number;
  readonly what: string;
  readonly table: NamedIn | undefined;
  readonly column?: string;
  readonly severity: Severity;
  readonly safe: Operation | undefined;
}

const kinds: Readonly<Record<string, { readonly noun: string; readonly severity: Severity }>> = {
  OBJECT_TABLE: { noun: 'Table', severity: 'error' },
  OBJECT_VIEW: { noun: 'View', severity: 'error' },
  OBJECT_MATVIEW: { noun: 'View', severity: 'error' },
  OBJECT_SCHEMA: { noun: 'Schema', severity: 'error' },
  OBJECT_SEQUENCE: { noun: 'Sequence', severity: 'error' },
  OBJECT_FOREIGN_TABLE: { noun: 'Table', severity: 'error' },
  OBJECT_TYPE: { noun: 'Type', severity: 'warning' },
  OBJECT_DOMAIN: { noun: 'Domain', severity: 'warning' },
  OBJECT_FUNCTION: { noun: 'Function', severity: 'warning' },
  OBJECT_PROCEDURE: { noun: 'Procedure', severity: 'warning' },
  OBJECT_EXTENSION: { noun: 'Extension', severity: 'warning' },
};

/** What is dropped before contract is gone while nodes of the running release use it. */
export const dropEarly: LintRule = {
  code: 'THM7225',
  name: 'drop-early',
  severity: 'error',
  *check(world) {
    const before = new Set(world.scripts.flatMap(({ operation, phase }) => (phase === 'contract' ? [] : [operation])));
    for (const dropped of droppedBy(world)) {
      const { table, operation } = dropped;
      if (!before.has(operation) || (table !== undefined && world.isNew(table, operation))) continue;
      yield problem(world, dropped);
    }
  },
};

function problem(world: LintWorld, { operation, what, table, column, severity, safe }: Dropped): LintProblem {
  const readers = table === undefined ? [] : readersOf(world, 'running', table, column);
  return {
    operation,
    severity,
    summary: `${what} is dropped before contract, while nodes of the running release may use it, and nothing brings it back.`,
    fix: safe === undefined ? 'Set phase: contract.' : `Write ${asOperation(safe)}.`,
    details: readers.map((probe) => `Probe ${probe} of the running release reads it.`),
    ...(table === undefined ? {} : { cost: { table } }),
  };
}

function* droppedBy({ statements, alters }: LintWorld): Generator<Dropped> {
  for (const { command, table, statement } of alters) {
    if (command.subtype !== 'AT_DropColumn') continue;
    const column = command.name ?? '';
    const written = writtenName(table);
    const safe = { dropColumn: { table: written, column, gracePeriod: '7d' } };
    yield {
      operation: statement.operation,
      what: `Column ${written}.${column}`,
      table,
      column,
      severity: 'error',
      safe,
    };
  }
  for (const { node, operation } of statements) {
    const database = treeOf(node, 'DropdbStmt')?.dbname;
    if (database !== undefined) {
      yield { operation, what: `Database ${database}`, table: undefined, severity: 'error', safe: undefined };
    }
    const drop = treeOf(node, 'DropStmt');
    const kind = kinds[drop?.removeType ?? ''];
    if (kind === undefined) continue;
    for (const object of drop?.objects ?? []) {
      const name = objectName(object);
      const isTable = drop?.removeType === 'OBJECT_TABLE';
      const isRelation = isTable || kind.noun === 'View';
      const safe = isTable ? { dropTable: { table: writtenName(name), gracePeriod: '7d' } } : undefined;
      const what = `${kind.noun} ${writtenName(name)}`;
      yield { operation, what, table: isRelation ? name : undefined, severity: kind.severity, safe };
    }
  }
}
