import { ThemisError } from '../kernel/error.ts';
import { openNode } from './context.ts';
import type { NodeDeps } from './deps.ts';
import { readOpen } from './operation/open-operation.ts';
import { readInstalled } from './state/installed.ts';
import { withLock } from './state/lock.ts';

/**
 * Starts the service as a boot does, after `recover`. Refuses with ROLLBACK_INCOMPLETE while an operation is open: the
 * tree may be half-made. An edited file holds nothing up; a database that is down helps nobody, and `plan` shows drift.
 * `started: false` when it ran already, and where nothing is installed.
 */
export async function startService(deps: NodeDeps): Promise<{ readonly started: boolean }> {
  const context = await openNode(deps);
  return withLock(context, async () => {
    if ((await readOpen(context)) !== null) {
      throw new ThemisError('ROLLBACK_INCOMPLETE', `An operation is open on ${context.config.name}.`, {
        hint: 'Run: themis node recover',
      });
    }
    const { packages } = await readInstalled(context);
    return Object.keys(packages).length === 0 ? { started: false } : await context.service.start();
  });
}
