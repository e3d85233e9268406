/** A server program of this machine on loopback, for a test: with a directory of its own that goes with it. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { eventually } from '../eventually.ts';

export interface LoopbackServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface ServerProgram {
  readonly command: string;
  readonly line: readonly string[];
  readonly port: number;
  /** Removed when it stops. */
  readonly directory: string;
  readonly signal: NodeJS.Signals;
  readonly options?: SpawnOptions;
  /** Whether it serves by now; what throws is a no. */
  readonly isReady: (url: string) => Promise<boolean>;
}

/** Ready when it resolves. */
export async function startServer(program: ServerProgram): Promise<LoopbackServer> {
  const { command, line, port, directory, signal, isReady } = program;
  const child = spawn(command, line, { stdio: 'ignore', ...program.options });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill(signal);
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
        return await isReady(url).catch(() => false);
      },
      (ready) => ready,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
