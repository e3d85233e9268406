import type { ServiceControl } from '../../ports/service-control.ts';

/** Nobody starts or stops anything: the files are only read when somebody runs them. */
export function createUnmanagedService(): ServiceControl {
  return {
    async status() {
      return { kind: 'unmanaged' };
    },
    async start() {
      return { started: false };
    },
    async stop() {
      return { stopped: false };
    },
  };
}
