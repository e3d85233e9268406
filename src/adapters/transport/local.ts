/**
 * Nodes on this machine. Looking happens in this process; whatever changes a node happens in a process of its own, in
 * a session of its own, so that neither Ctrl-C nor the death of the caller cuts it off. The messages are the same
 * that remote transports carry.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
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
  ) => (request: NodeRequest, onProgress: (progress: NodeProgress) => void) => Promise<NodeReply>;
  /** Program and arguments of `themis node exec`, to which `--root DIR` is added; null: all in this process. */
  readonly command: readonly string[] | null;
}

const keptErrors = 4096;

export function createLocalTransport({ fleetDirectory, handlerOf, command }: LocalTransportOptions): Transport {
  return {
    async call(node, request, options) {
      const root = rootOf(node, fleetDirectory);
      if (command === null || request.kind === 'observe' || request.kind === 'metrics') {
        return inProcess(() => handlerOf(root)(request, options.onProgress ?? (() => {})), options.signal);
      }
      return inChild([...command, '--root', root], node.name, request, options);
    },
  };
}

function rootOf(node: DesiredNode, fleetDirectory: string): string {
  if (node.transport.kind === 'local') return path.resolve(fleetDirectory, node.transport.root);
  throw new ThemisError('BUG', `Node ${node.name} is not local.`);
}

async function inProcess(work: () => Promise<NodeReply>, signal: AbortSignal | undefined): Promise<NodeReply> {
  if (signal === undefined) return work();
  if (signal.aborted) throw cancelled();
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(cancelled());
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([work(), stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function inChild(
  command: readonly string[],
  name: string,
  request: NodeRequest,
  { onProgress, signal }: TransportOptions,
): Promise<NodeReply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled());
      return;
    }
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const settle = (end: () => void): void => {
      signal?.removeEventListener('abort', stop);
      leave(child);
      end();
    };
    const stop = (): void => settle(() => reject(cancelled()));
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

function cancelled(): ThemisError {
  return new ThemisError('CANCELLED', 'Stopped waiting for the node; what it accepted it finishes.');
}

function unreachable(name: string, reason: string, cause?: unknown): ThemisError {
  return new ThemisError('UNREACHABLE', `Node ${name} does not answer: ${reason}.`, { cause });
}
