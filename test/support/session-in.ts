/** The world of a command line that runs in this process: nobody to ask, no signals; Themis again is the built one. */
import type { Session } from '../../src/apps/cli/command.ts';
import { launcherFile } from './launcher-file.ts';

type World = Pick<Session, 'clock' | 'environment' | 'out' | 'err'> & Partial<Pick<Session, 'verbosity'>>;

export function sessionIn(directory: string, world: World): Session {
  const never = new AbortController().signal;
  return {
    directory,
    verbosity: 'normal',
    ...world,
    selector: undefined,
    ask: undefined,
    interrupts: { soft: never, hard: never, signal: () => undefined },
    themisVersion: '0.0.0',
    runtimeVersion: '26.0.0',
    runtimeBinary: process.execPath,
    launcherFile,
  };
}
