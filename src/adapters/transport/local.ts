/**
 * Nodes on this machine. Looking happens in this process; whatever changes a node happens in a process of its own, in
 * a session of its own, so that neither Ctrl-C nor the death of the caller cuts it off; only a staging is told to end.
 * The messages are the same that remote transports carry.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import path from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import { unlessAborted } from '../../kernel/unless-aborted.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { NodeProgress, NodeReply, NodeRequest } from '../../model/message.ts';
import type { Transport, TransportOptions } from '../../ports/transport.ts';
import { decodeMessage, encodeRequest, messageLimitBytes } from '../../wire/codec.ts';
import { LineSplitter } from '../../wire/line-splitter.ts';

export interface LocalTransportOptions {
  /** Relative node roots start here. */
  readonly fleetDirectory: string;
  readonly handlerOf: (
    root: string,
  ) => (request: NodeRequest, onProgress: (progress: NodeProgress) => void, signal?: AbortSignal) => Promise<NodeReply>;
  /** Program and arguments of `themis node exec`, to which `--root DIR` is added; null: all in this process. */
  readonly command: readonly string[] | null;
  /** How long a staging that was told to end is waited for; default 10 s. */
  readonly endsWithinMs?: number;
}

const keptErrors = 4096;
/** What is being hashed or made durable is seen to its end. */
const usualEndsWithinMs = 10_000;

export function createLocalTransport({
  fleetDirectory,
  handlerOf,
  command,
  endsWithinMs = usualEndsWithinMs,
}: LocalTransportOptions): Transport {
  return {
    async call(node, request, options) {
      const root = rootOf(node, fleetDirectory);
      if (command === null || request.kind === 'observe' || request.kind === 'metrics') {
        const { onProgress = () => {}, signal } = options;
        return inProcess(() => handlerOf(root)(request, onProgress, signal), isStaging(request) ? undefined : signal);
      }
      return inChild([...command, '--root', root], node.name, request, { ...options, endsWithinMs });
    },
  };
}

function rootOf(node: DesiredNode, fleetDirectory: string): string {
  if (node.transport.kind === 'local') return path.resolve(fleetDirectory, node.transport.root);
  throw new ThemisError('BUG', `Node ${node.name} is not local.`);
}

/** It ends when it is told to; whatever else a node accepted it finishes. */
function isStaging({ kind }: NodeRequest): boolean {
  return kind === 'stage';
}

async function inProcess(work: () => Promise<NodeReply>, signal: AbortSignal | undefined): Promise<NodeReply> {
  return signal === undefined ? await work() : await unlessAborted(signal, cancelled, work);
}

function inChild(
  command: readonly string[],
  name: string,
  request: NodeRequest,
  { onProgress, signal, endsWithinMs }: TransportOptions & { readonly endsWithinMs: number },
): Promise<NodeReply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled());
      return;
    }
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let patience: NodeJS.Timeout | undefined;
    const settle = (end: () => void): void => {
      signal?.removeEventListener('abort', stop);
      clearTimeout(patience);
      leave(child);
      end();
    };
    const stop = (): void => {
      if (!isStaging(request)) {
        settle(() => reject(cancelled()));
        return;
      }
      child.kill('SIGTERM');
      // Whoever leaves at once is not held up.
      unref(child);
      patience = setTimeout(() => settle(() => reject(deaf(name, endsWithinMs))), endsWithinMs).unref();
    };
    signal?.addEventListener('abort', stop);

    const lines = new LineSplitter(messageLimitBytes);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString('utf8')).slice(-keptErrors)));
    child.stdout.on('data', (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) {
          const message = decodeMessage(line);
          if (message.kind === 'progress') onProgress?.(message);
          else settle(() => resolve(message));
        }
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    });
    child.on('error', (error) => settle(() => reject(unreachable(name, error.message, error))));
    child.on('close', (code, ended) => {
      if (patience !== undefined) {
        // Before it had begun: who has says so.
        settle(() => reject(new ThemisError('CANCELLED', `Node ${name} does not stage any more.`)));
        return;
      }
      const reason = `its process ended with ${ended ?? code} and no reply${errors === '' ? '' : `: ${errors.trim()}`}`;
      settle(() => reject(unreachable(name, reason)));
    });
    // A child that ended at once closes its side first; its `close` says more.
    child.stdin.on('error', () => {});
    child.stdin.end(encodeRequest(request));
  });
}

/** Lets go of the child, which goes on for itself. */
function leave(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

function unref(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
}

function deaf(name: string, endsWithinMs: number): ThemisError {
  return new ThemisError(
    'TIMEOUT',
    `Node ${name} was told to stop staging and has not within ${endsWithinMs / 1000} s.`,
  );
}

function cancelled(): ThemisError {
  return new ThemisError('CANCELLED', 'Stopped waiting for the node; what it accepted it finishes.');
}

function unreachable(name: string, reason: string, cause?: unknown): ThemisError {
  return new ThemisError('UNREACHABLE', `Node ${name} does not answer: ${reason}.`, { cause });
}
