import { tableName } from '../../sql/quote.ts';
import type { LintOperation, LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';

/** What an operation does to a thing that has a name. */
interface Touch {
  readonly operation: LintOperation;
  /** `column users.email`. */
  readonly thing: string;
  readonly act: 'make' | 'drop' | 'rename' | 'change' | 'use';
  /** What of it is changed. */
  readonly fields: readonly string[];
}

/** Operations of one migration that take back, repeat or outrun each other: phases run in turn, not the list. */
export const conflicts: LintRule = {
  code: 'THM7238',
  name: 'conflicts',
  severity: 'error',
  *check({ operations }) {
    const touches = operations.flatMap(touchesOf);
    const said = new Set<string>();
    for (const [at, later] of touches.entries()) {
      for (const earlier of touches.slice(0, at)) {
        if (earlier.thing !== later.thing || earlier.operation === later.operation) continue;
        const clashing = clash(earlier, later);
        const pair = `${earlier.operation.index} ${later.operation.index}`;
        if (clashing === undefined || said.has(pair)) continue;
        said.add(pair);
        yield {
          operation: later.operation.index,
          severity: clashing.severity,
          summary: `Operations ${earlier.operation.index + 1} and ${later.operation.index + 1} conflict over ${later.thing}: ${clashing.why}.`,
          fix: 'Write them as one operation, or put the later one into a migration that depends on this one.',
        };
      }
    }
  },
};

interface Clash {
  readonly why: string;
  /** `warning`: it comes out as meant, only nobody would write it so. */
  readonly severity: 'error' | 'warning';
}

function clash(earlier: Touch, later: Touch): Clash | undefined {
  const fails = (why: string): Clash => ({ why, severity: 'error' });
  const idle = (why: string): Clash => ({ why, severity: 'warning' });
  if (earlier.act === 'rename') return fails('it goes on under another name');
  if (earlier.act === 'drop') {
    return later.act === 'make'
      ? fails('it is dropped in contract, so it is still there when it is to be made')
      : idle('it is on its way out');
  }
  switch (`${earlier.act} ${later.act}`) {
    case 'make make':
      return fails('both make it');
    case 'make drop':
      return idle('it is made only to be dropped');
    case 'make rename':
      return idle('it could be made under its last name');
    case 'change drop':
      return idle('it is changed only to be dropped');
    case 'change rename':
      return fails('both copy it');
    case 'change change': {
      const same = later.fields.filter((field) => earlier.fields.includes(field));
      return same.length === 0 ? undefined : idle(`both set its ${same.join(' and ')}`);
    }
    default:
      return undefined;
  }
}

function touchesOf(operation: LintOperation): readonly Touch[] {
  const touch = (thing: string, act: Touch['act'], fields: readonly string[] = []): Touch => ({
    operation,
    thing,
    act,
    fields,
  });
  const { kind, params } = operation;
  const table = (written: string): string => `table ${writtenName(tableName(written))}`;
  const column = (name: string): string => `column ${writtenName(tableName(tableOf(operation)))}.${name}`;
  const inTable = (noun: string, name: string): string => `${noun} ${name} of ${tableName(tableOf(operation)).schema}`;
  switch (kind) {
    case 'createTable':
      return [touch(table(params.table), 'make'), ...params.columns.map(({ name }) => touch(column(name), 'make'))];
    case 'dropTable':
      return [touch(table(params.table), 'drop')];
    case 'renameTable':
      return [touch(table(params.from), 'rename'), touch(table(params.to), 'make')];
    case 'addColumn':
      return [touch(table(params.table), 'use'), touch(column(params.column.name), 'make')];
    case 'renameColumn':
      return [
        touch(table(params.table), 'use'),
        touch(column(params.from), 'rename'),
        touch(column(params.to), 'make'),
      ];
    case 'dropColumn':
      return [touch(table(params.table), 'use'), touch(column(params.column), 'drop')];
    case 'alterColumn':
      return [touch(table(params.table), 'use'), touch(column(params.column), 'change', changedFields(params))];
    case 'addIndex':
      return [
        touch(table(params.table), 'use'),
        touch(inTable('index', params.name), 'make'),
        ...params.columns.map((name) => touch(column(name), 'use')),
      ];
    case 'dropIndex':
      return [touch(table(params.table), 'use'), touch(inTable('index', params.name), 'drop')];
    case 'addConstraint': {
      const own = params.unique ?? params.foreignKey?.columns ?? [];
      const constraint = touch(`constraint ${params.name} of ${table(params.table)}`, 'make');
      return [touch(table(params.table), 'use'), constraint, ...own.map((name) => touch(column(name), 'use'))];
    }
    case 'dropConstraint':
      return [touch(table(params.table), 'use'), touch(`constraint ${params.name} of ${table(params.table)}`, 'drop')];
    case 'addEnumValue':
      return [touch(`value ${params.value} of ${params.type}`, 'make')];
    case 'backfill':
      return [touch(table(params.table), 'use'), ...Object.keys(params.set).map((name) => touch(column(name), 'use'))];
    case 'rawSql':
    case 'custom':
      return [];
  }
}

function tableOf({ params }: LintOperation): string {
  return 'table' in params ? params.table : '';
}

function changedFields(params: Extract<LintOperation, { kind: 'alterColumn' }>['params']): readonly string[] {
  const { type, nullable, check, default: value, defaultExpression, dropDefault } = params;
  return [
    ...(type === undefined ? [] : ['type']),
    ...(nullable === undefined ? [] : ['nullability']),
    ...(check === undefined ? [] : ['check']),
    ...(value === undefined && defaultExpression === undefined && dropDefault !== true ? [] : ['default']),
  ];
}
