/** Steps of plug-ins: whether the one that is installed can do what is asked of it. */
import { ThemisError } from '../../kernel/error.ts';
import { pluginAction } from '../../migrate/operations/custom.ts';
import type { Refusal } from '../../migrate/operation.ts';
import type { PluginAction, SchemaAction } from '../../model/schema/schema-step.ts';
import { satisfies } from '../../resolve/version-match.ts';
import { admit } from './state/admission.ts';
import { readRows } from './ledger/runs.ts';
import type { SchemaMigration, SchemaParts } from './request.ts';

/**
 * Before a migration begins. The turn of a plug-in may come after the last node has the release, or a week later, and one
 * that is not installed then keeps the migration half done. Throws MIGRATION_REFUSED.
 */
export async function checkPlugins(parts: SchemaParts, migration: SchemaMigration): Promise<void> {
  const actions = migration.operations.flatMap(({ custom: params }) =>
    params === undefined ? [] : [pluginAction(params, 'apply')],
  );
  if (actions.length === 0) return;
  const rows = await parts.database.use(async (session) => await readRows(session));
  if (admit(rows, migration, 'expand').kind !== 'begin') return;
  for (const action of actions) {
    const asked = await ofPlugin(parts, action);
    if (!('refused' in asked)) continue;
    const { code, summary, fix } = asked.refused;
    throw new ThemisError('MIGRATION_REFUSED', `${code}: ${summary}`, fix === undefined ? {} : { hint: fix });
  }
}

/** With the version of the plug-in that is there now: the one that has to carry it out, and to take it back. */
export async function ofPlugin(
  { plugins }: Pick<SchemaParts, 'plugins'>,
  action: SchemaAction,
): Promise<SchemaAction | Refusal> {
  if (action.kind !== 'plugin') return action;
  try {
    const plugin = await plugins.find(action.plugin);
    if (!satisfies(plugin.version, action.version)) return otherVersion(action, plugin.version);
    if (await plugin.canHandle(action.params)) return { ...action, version: plugin.version };
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    return {
      refused: {
        code: 'THM7100',
        summary: `Plug-in ${action.plugin} cannot be asked: ${error.message}`,
        fix: error.hint ?? 'Install the plug-in where Themis runs.',
      },
    };
  }
  return {
    refused: {
      code: 'THM7101',
      summary: `Plug-in ${action.plugin} says that it cannot do this.`,
      fix: 'Look at what the plug-in takes, or name another one.',
    },
  };
}

function otherVersion({ plugin, version }: PluginAction, found: string): Refusal {
  return {
    refused: {
      code: 'THM7102',
      summary: `Plug-in ${plugin} is ${found}; the migration asks for ${version}.`,
      fix: `Install a version that is in ${version}.`,
    },
  };
}
