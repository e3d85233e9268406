/** Names that a migration writes down, wherever it does. */
import type { LintOperation, LintWorld } from '../rule.ts';

export interface GivenName {
  readonly operation: number;
  readonly name: string;
  /** A schema that something is in. */
  readonly isSchema: boolean;
}

export function* givenNames({ operations, scripts }: LintWorld): Generator<GivenName> {
  for (const operation of operations) {
    for (const table of tablesOf(operation)) {
      const dot = table.indexOf('.');
      if (dot >= 0) yield { operation: operation.index, name: table.slice(0, dot), isSchema: true };
      yield { operation: operation.index, name: table.slice(dot + 1), isSchema: false };
    }
    for (const name of namesOf(operation)) yield { operation: operation.index, name, isSchema: false };
  }
  for (const { operation, tokens } of scripts) {
    for (const [at, { kind, value }] of tokens.entries()) {
      // CREATE SCHEMA IF NOT EXISTS stands that far before it.
      const before = tokens.slice(Math.max(0, at - 4), at).some((token) => token.value === 'schema');
      const isSchema = tokens[at + 1]?.value === '.' || before;
      if (kind === 'name') yield { operation, name: value, isSchema };
    }
  }
}

function tablesOf({ kind, params }: LintOperation): readonly string[] {
  if (kind === 'renameTable') return [params.from, params.to];
  if (kind === 'addEnumValue' || kind === 'rawSql' || kind === 'custom') return [];
  const foreign =
    kind === 'createTable'
      ? (params.constraints ?? []).map(({ foreignKey }) => foreignKey)
      : kind === 'addConstraint'
        ? [params.foreignKey]
        : [];
  return [params.table, ...foreign.flatMap((one) => one?.references.table ?? [])];
}

function namesOf({ kind, params }: LintOperation): readonly string[] {
  switch (kind) {
    case 'createTable':
      return [...params.columns.map(({ name }) => name), ...(params.constraints ?? []).map(({ name }) => name)];
    case 'addColumn':
      return [params.column.name];
    case 'renameColumn':
      return [params.from, params.to];
    case 'dropColumn':
    case 'alterColumn':
      return [params.column];
    case 'addIndex':
    case 'dropIndex':
    case 'addConstraint':
    case 'dropConstraint':
      return [params.name];
    case 'addEnumValue':
      return [params.type];
    case 'backfill':
      return Object.keys(params.set);
    case 'dropTable':
    case 'renameTable':
    case 'rawSql':
    case 'custom':
      return [];
  }
}
