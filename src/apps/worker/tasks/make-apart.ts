/**
 * A patch made by a process of its own, for algorithms whose native calls take seconds: the end of a thread waits for
 * such a call, and with it whoever ended the thread. The process ends with this thread, since it sees its stdin end.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { concatenate } from '../../../kernel/concatenate.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { DeltaTasks } from '../../../release/delta/find-patches.ts';
import { programFile } from '../../package-files.ts';

export async function makeApart({ algorithm, base, target }: DeltaTasks['make-patch']['input']): Promise<Uint8Array> {
  const argv = [
    fileURLToPath(programFile('worker/patch-process')),
    algorithm,
    String(base.length),
    String(target.length),
  ];
  const child = spawn(process.execPath, argv, { env: {}, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
  const patch: Uint8Array[] = [];
  let complaint = '';
  child.stdout.on('data', (chunk: Uint8Array) => patch.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // What a program that died does not read shows in how it ended.
  child.stdin.on('error', () => {});
  child.stdin.write(base);
  child.stdin.write(target);
  const status = await new Promise<unknown>((ended, failed) => {
    child.on('error', failed).on('close', (code, signal) => ended(code ?? signal));
  });
  if (status === 0) return concatenate(patch);
  throw new ThemisError(
    'BUG',
    `The process that makes ${algorithm} patches ended with ${String(status)}. ${complaint}`,
  );
}
