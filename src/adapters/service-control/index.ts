/**
 * Service managers by the `kind` that `node.yaml` names. A manager is one file and one line here. Each is
 * idempotent and returns from `stop` only when the process is gone: files are replaced right after.
 */
import type { ServiceControl, ServiceSpec } from '../../ports/service-control.ts';
import { createCommandService } from './command.ts';
import { createUnmanagedService } from './none.ts';
import { createSupervisedService } from './supervised.ts';

export function createServiceControl(spec: ServiceSpec): ServiceControl {
  switch (spec.kind) {
    case 'supervised':
      return createSupervisedService(spec);
    case 'command':
      return createCommandService(spec);
    case 'none':
      return createUnmanagedService();
  }
}
