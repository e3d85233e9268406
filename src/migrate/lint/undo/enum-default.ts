import type { LintOperation, LintRule } from '../rule.ts';
import { asOperation } from '../as-operation.ts';

/** A value that rows use cannot be taken back, so undo of the migration fails at it. */
export const enumDefault: LintRule = {
  code: 'THM7240',
  name: 'enum-default',
  severity: 'warning',
  *check({ operations }) {
    for (const { kind, params } of operations) {
      if (kind !== 'addEnumValue') continue;
      const { type, value } = params;
      for (const user of operations) {
        if (!uses(user, value)) continue;
        yield {
          operation: user.index,
          summary: `Value ${value} of ${type} is added by this migration and used by it: undo fails as soon as a row has it.`,
          fix: `Leave ${asOperation({ addEnumValue: { type, value } })} to this migration, and use the value in a later one.`,
        };
      }
    }
  },
};

function uses(operation: LintOperation, value: string): boolean {
  const { kind, params } = operation;
  const quoted = `'${value.replaceAll("'", "''")}'`;
  if (kind === 'addColumn' || kind === 'alterColumn') {
    const { default: constant, defaultExpression = '' } = kind === 'addColumn' ? params.column : params;
    return constant === value || defaultExpression.includes(quoted);
  }
  if (kind === 'createTable') {
    return params.columns.some(
      ({ default: constant, defaultExpression = '' }) => constant === value || defaultExpression.includes(quoted),
    );
  }
  if (kind === 'backfill') return Object.values(params.set).some((text) => text.includes(quoted));
  return false;
}
