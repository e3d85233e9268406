/** The real command line as a process, and the processes that belong to one directory. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { launcherFile } from '../launcher-file.ts';

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves once stderr or stdout holds what is looked for; rejects when the process ends without it. */
  printed(what: string | RegExp): Promise<void>;
}

export function startThemis(
  directory: string,
  environment: Readonly<Record<string, string>>,
  line: readonly string[],
): Running {
  const child = spawn(process.execPath, [launcherFile, ...line], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
    heard();
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, out, err });
      heard();
    });
  });
  const printed = (what: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const holds = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text));
      const look = (): void => {
        if (holds(err) || holds(out)) resolve();
        else if (child.exitCode !== null || child.signalCode !== null)
          reject(new Error(`ended without "${String(what)}":\n${out}${err}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return { child, ended, printed };
}

/** Processes whose command line or working directory lies below a directory of ours; `with` narrows by command line. */
export function processesBelow(directory: string, containing = ''): number[] {
  const inside = (text: string): boolean => text.includes(directory);
  return allProcesses().flatMap(({ pid, commandLine, workingDirectory }) => {
    const ours = pid !== process.pid && (inside(commandLine) || inside(workingDirectory));
    return ours && commandLine.includes(containing) ? [pid] : [];
  });
}

interface Process {
  readonly pid: number;
  readonly commandLine: string;
  readonly workingDirectory: string;
}

function allProcesses(): Process[] {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' });
    return stdout.split('\n').flatMap((row) => {
      const match = /^\s*(\d+) (.*)$/u.exec(row);
      return match === null ? [] : [{ pid: Number(match[1]), commandLine: match[2]!, workingDirectory: '' }];
    });
  }
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/u.test(name)) return [];
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (commandLine === '') return []; // A zombie, or the kernel's own.
      return [{ pid: Number(name), commandLine, workingDirectory: readlinkSync(`/proc/${name}/cwd`) }];
    } catch {
      return []; // Gone meanwhile, or somebody else's.
    }
  });
}

export function killAll(pids: readonly number[], signal: NodeJS.Signals = 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone meanwhile.
    }
  }
}
