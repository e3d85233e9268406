import type { LintRule } from '../rule.ts';
import { objectName, writtenName } from '../sql/names.ts';
import { treeOf } from '../sql/tree.ts';

const commands: Readonly<Record<string, string>> = { AT_DropColumn: 'column', AT_DropConstraint: 'constraint' };

/** CASCADE drops what the reviewer does not see. */
export const cascade: LintRule = {
  code: 'THM7226',
  name: 'cascade',
  severity: 'warning',
  *check({ alters, statements, catalog }) {
    for (const { command, table, statement } of alters) {
      const noun = commands[command.subtype ?? ''];
      if (noun === undefined || command.behavior !== 'DROP_CASCADE') continue;
      const address = `${table.schema}.${table.name}.${command.name ?? ''}`;
      const views = (catalog?.views ?? []).filter(({ reads }) => reads.includes(address));
      yield {
        operation: statement.operation,
        summary: `CASCADE drops whatever depends on ${noun} ${writtenName(table)}.${command.name ?? ''} along with it.`,
        fix: 'Leave it out, and name in operations of their own what is to go.',
        details: views.map((view) => `View ${writtenName(view)} goes with it.`),
      };
    }
    for (const { node, operation } of statements) {
      const drop = treeOf(node, 'DropStmt');
      if (drop?.behavior !== 'DROP_CASCADE') continue;
      const names = (drop.objects ?? []).map(objectName);
      const views = (catalog?.views ?? []).filter(({ reads }) =>
        names.some(({ schema, name }) => reads.some((one) => one.startsWith(`${schema}.${name}.`))),
      );
      yield {
        operation,
        summary: `CASCADE drops whatever depends on ${names.map(writtenName).join(', ')} along with it.`,
        fix: 'Leave it out, and name in operations of their own what is to go.',
        details: views.map((view) => `View ${writtenName(view)} goes with it.`),
      };
    }
  },
};
