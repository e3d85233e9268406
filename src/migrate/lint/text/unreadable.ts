import type { SqlFailure } from '../../../ports/schema/sql-parser.ts';
import type { LintOperation, LintProblem, LintRule, LintWorld } from '../rule.ts';
import { showText } from '../show-text.ts';
import { readExpression, readType } from '../sql/expression.ts';

/** What is no SQL fails when it is run, and until then no other rule can say anything about it. */
export const unreadable: LintRule = {
  code: 'THM7200',
  name: 'unreadable',
  severity: 'error',
  isFact: true,
  *check(world) {
    const { scripts, operations, probes, sql } = world;
    for (const { operation, failure, params } of scripts) {
      if (failure !== undefined) yield script(operation, 'up', params.up, failure);
      const down = params.down === undefined ? undefined : sql.parse(params.down);
      if (down !== undefined && 'message' in down) yield script(operation, 'down', params.down!, down);
    }
    for (const operation of operations) yield* pieces(world, operation);
    const named = new Map([...probes.running, ...probes.next].map((probe) => [probe.name, probe]));
    for (const { name, sql: text } of named.values()) {
      const parsed = sql.parse(text);
      if (!('message' in parsed)) {
        const { length } = parsed.statements;
        if (length === 1) continue;
        const summary = `Probe ${name} is ${length === 0 ? 'no query' : `${length} statements, of which none would be tried`}.`;
        yield { operation: undefined, summary, fix: 'Make one probe of each query.' };
        continue;
      }
      yield { operation: undefined, summary: `Probe ${name} is no SQL: ${parsed.message}.`, fix: 'Correct the query.' };
    }
  },
};

function script(operation: number, field: string, text: string, { message, offset }: SqlFailure): LintProblem {
  const line = text.slice(0, offset).split('\n').length;
  return {
    operation,
    summary: `"${field}" is no SQL that PostgreSQL reads: ${message}.`,
    fix: `Correct line ${line} of it.`,
  };
}

function* pieces({ sql }: LintWorld, { index, kind, params }: LintOperation): Generator<LintProblem> {
  const wrong = (what: string, text: string): LintProblem => ({
    operation: index,
    summary: `${showText(text)} is no ${what}.`,
    fix: `Write one ${what}, as PostgreSQL reads it.`,
  });
  const expressions: (string | undefined)[] = [];
  const types: (string | undefined)[] = [];
  if (kind === 'createTable') {
    for (const column of params.columns) {
      types.push(column.type);
      expressions.push(column.defaultExpression, column.check);
    }
    for (const { check } of params.constraints ?? []) expressions.push(check);
  } else if (kind === 'addColumn') {
    types.push(params.column.type);
    expressions.push(params.column.defaultExpression, params.column.check);
  } else if (kind === 'alterColumn') {
    types.push(params.type);
    expressions.push(params.using, params.reverseUsing, params.defaultExpression, params.check);
  } else if (kind === 'addIndex') {
    expressions.push(params.where);
  } else if (kind === 'addConstraint') {
    expressions.push(params.check);
  } else if (kind === 'backfill') {
    expressions.push(params.where, ...Object.values(params.set), ...Object.values(params.undo ?? {}));
  }
  for (const text of types) if (text !== undefined && readType(sql, text) === undefined) yield wrong('type', text);
  for (const text of expressions) {
    if (text !== undefined && readExpression(sql, text) === undefined) yield wrong('expression', text);
  }
}
