/** From what lint is given to what rules look at: SQL is read once, here. */
import { relationOf } from '../convert/tree.ts';
import { compareText } from '../../kernel/finding.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { findTable } from '../find.ts';
import type { OperationKind } from '../operation.ts';
import { tableName } from '../sql/quote.ts';
import type { LintInput, LintOperation, LintProbe, LintWorld, ProbeReads } from './rule.ts';
import { sameTable } from './sql/names.ts';
import { readsOf } from './sql/query-reads.ts';
import { alterCommands, readScript, type RawStatement } from './sql/scripts.ts';
import { treeOf } from './sql/tree.ts';

export function lintWorld({ operations: written, probes, ...input }: LintInput): LintWorld {
  const operations = written.flatMap((operation, index) => {
    const [kind] = Object.keys(operation) as OperationKind[];
    return kind === undefined ? [] : [{ kind, index, params: operation[kind] } as LintOperation];
  });
  const scripts = operations.flatMap((operation) =>
    operation.kind === 'rawSql' ? [readScript(input.sql, operation.index, operation.params)] : [],
  );
  const statements = scripts.flatMap((script) => script.statements);
  const created = [...createdTables(operations, statements)];
  const read = (list: readonly LintProbe[]): readonly ProbeReads[] =>
    list
      .map((probe) => ({ ...probe, reads: readsOf(input.sql, probe.sql) }))
      .sort((a, b) => compareText(a.name, b.name));
  const renamed = operations.flatMap((operation) =>
    operation.kind === 'renameTable'
      ? [{ from: tableName(operation.params.from), to: tableName(operation.params.to) }]
      : [],
  );
  const { catalog } = input;
  const table = (name: NamedIn) => {
    if (catalog === null) return undefined;
    const before = renamed.find(({ to }) => sameTable(to, name))?.from;
    return findTable(catalog, name) ?? (before === undefined ? undefined : findTable(catalog, before));
  };
  return {
    ...input,
    operations,
    scripts,
    statements,
    alters: alterCommands(statements),
    probes: { running: read(probes.running), next: read(probes.next) },
    table,
    isNew: (name, operation) => created.some((one) => one.operation <= operation && sameTable(one.table, name)),
  };
}

function* createdTables(
  operations: readonly LintOperation[],
  statements: readonly RawStatement[],
): Generator<{ readonly operation: number; readonly table: NamedIn }> {
  for (const { kind, index, params } of operations) {
    if (kind === 'createTable') yield { operation: index, table: tableName(params.table) };
  }
  for (const { node, operation } of statements) {
    const range =
      treeOf(node, 'CreateStmt')?.relation ??
      treeOf(node, 'CreateTableAsStmt')?.into?.rel ??
      treeOf(node, 'SelectStmt')?.intoClause?.rel;
    if (range !== undefined) yield { operation, table: relationOf(range) };
  }
}
