/** Every check of `themis doctor`, in the order in which it is shown. */
import { clockCheck } from './clock.ts';
import { coordinationCheck, operationsCheck } from './coordination.ts';
import { gitCheck } from './git.ts';
import { lockFileCheck } from './lock-file.ts';
import { anchorsCheck, diskCheck, healthCheck } from './nodes.ts';
import { releasesCheck } from './releases.ts';
import { repositoryCheck, skewCheck } from './repository.ts';
import { runtimeCheck } from './runtime.ts';
import { stateDirectoryCheck } from './state-directory.ts';

/** What `--pre` runs: nothing of it needs a fleet. */
export const machineChecks = [runtimeCheck, gitCheck, clockCheck, stateDirectoryCheck] as const;

export const fleetChecks = [
  repositoryCheck,
  skewCheck,
  lockFileCheck,
  releasesCheck,
  healthCheck,
  diskCheck,
  anchorsCheck,
  coordinationCheck,
  operationsCheck,
] as const;
