/** A step that a plug-in carries out, of the version that it was planned with, within its time. */
import { ThemisError } from '../../../kernel/error.ts';
import type { PluginAction } from '../../../model/schema/schema-step.ts';
import type { StepCall } from './call.ts';

export async function runPlugin({ work, step }: StepCall, action: PluginAction): Promise<void> {
  const { plugins, clock, signal } = work.parts;
  const { direction, params, timeoutMs } = action;
  const plugin = await plugins.find(action.plugin);
  if (plugin.version !== action.version) {
    const message = `Plug-in ${action.plugin} is ${plugin.version}; the step was planned with ${action.version}.`;
    throw new ThemisError('PLUGIN_FAILED', message, { hint: 'Install that version until the migration has ended.' });
  }
  const over = new AbortController();
  const call = { step, timeoutMs, signal: AbortSignal.any([signal, over.signal]) };
  const limit = async (): Promise<void> => {
    await clock.sleep(timeoutMs, over.signal);
    if (over.signal.aborted) return;
    throw new ThemisError('TIMEOUT', `Plug-in ${action.plugin} took longer than ${timeoutMs} ms.`);
  };
  try {
    await Promise.race([direction === 'apply' ? plugin.apply(params, call) : plugin.rollback(params, call), limit()]);
  } finally {
    over.abort();
  }
}
