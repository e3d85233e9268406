/** `custom`: a plug-in, for what is no relational database or no operation. It says itself how it takes things back. */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { parseDuration } from '../../kernel/units/duration.ts';
import type { PluginAction } from '../../model/schema/schema-step.ts';
import type { ParamsOf, SchemaOperation } from '../operation.ts';

const usualTimeoutMs = 600_000;

export const custom: SchemaOperation<'custom'> = {
  kind: 'custom',
  traits: ({ phase = 'migrate' }) => ({
    phases: [phase],
    transactional: false,
    inverse: { kind: 'inverse', describe: 'has the plug-in roll back' },
    rewrites: false,
    lock: 'everybody',
    graceMs: 0,
    tables: [],
  }),
  describe: ({ plugin, version }) => `runs plug-in ${plugin}${version === undefined ? '' : ` ${version}`}`,
  steps(params, phase) {
    if ((params.phase ?? 'migrate') !== phase) return [];
    return [
      {
        key: 'plugin',
        title: `runs plug-in ${params.plugin}`,
        action: pluginAction(params, 'apply'),
        undo: pluginAction(params, 'rollback'),
        lock: 'everybody',
        rewrites: false,
      },
    ];
  },
};

/** `version` is the range that the document asks for, `*` where it does not; whoever records the step knows which it is. */
export function pluginAction(
  { plugin, version = '*', params = {}, timeout }: ParamsOf<'custom'>,
  direction: PluginAction['direction'],
): PluginAction {
  return {
    kind: 'plugin',
    plugin,
    version,
    direction,
    params: canonicalJson(params as Parameters<typeof canonicalJson>[0]),
    timeoutMs: timeout === undefined ? usualTimeoutMs : parseDuration(timeout)!,
  };
}
