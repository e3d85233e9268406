import type { LintRule } from '../rule.ts';
import { writtenName } from '../sql/names.ts';
import { variablesSet } from '../sql/variables.ts';

const commands = new Set(['AT_DisableTrig', 'AT_DisableTrigAll', 'AT_DisableTrigUser']);

/** Themis keeps old and new columns and tables equal by triggers: without them rows are lost. */
export const disableTrigger: LintRule = {
  code: 'THM7218',
  name: 'disable-trigger',
  severity: 'error',
  *check({ alters, statements }) {
    for (const { command, table, statement } of alters) {
      if (!commands.has(command.subtype ?? '')) continue;
      yield {
        operation: statement.operation,
        summary: `Without its triggers ${writtenName(table)} is written past foreign keys and past the copies that Themis keeps.`,
        fix: 'Leave them on; a trigger that is not wanted any more is dropped in contract.',
      };
    }
    for (const statement of statements) {
      for (const { name } of variablesSet(statement.node)) {
        if (name !== 'session_replication_role') continue;
        yield {
          operation: statement.operation,
          summary:
            'session_replication_role turns off triggers: foreign keys and the copies that Themis keeps are passed by.',
          fix: 'Leave it as it is.',
        };
      }
    }
  },
};
