import { type ChildProcess, spawn } from 'node:child_process';
import type { NodeReply, NodeRequestBody } from '../../../src/model/message.ts';

export interface Killing {
  /** From 1: of the durable appends, each of which is a journal boundary. */
  readonly append: number;
  readonly when: 'before' | 'after';
}

export interface AskedProcess {
  readonly killing?: Killing;
  readonly url?: string;
  /** For who kills it from outside. */
  readonly started?: (child: ChildProcess) => void;
}

/** Themis as a process of its own; the reply, or undefined when it was killed on the way. */
export function askProcess(
  root: string,
  body: NodeRequestBody,
  { killing, url, started }: AskedProcess = {},
): Promise<{ readonly reply: NodeReply | undefined; readonly signal: string | null }> {
  return new Promise((resolve, reject) => {
    const entry = new URL('node-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [entry, JSON.stringify({ root, body, killing, url })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started?.(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      resolve({ reply: output === '' ? undefined : (JSON.parse(output) as NodeReply), signal });
    });
  });
}
