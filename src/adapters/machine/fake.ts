import type { Machine } from '../../ports/machine.ts';

export function createFakeMachine(given: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    architecture: 'x64',
    user: 0,
    memory: () => ({ freeBytes: 2 ** 30, totalBytes: 2 ** 32 }),
    ...given,
  };
}
