/**
 * Endpoints over HTTP and as commands. An answer is cut at its limit; the rest of it is never read. A command gets no
 * shell and only the variables a program needs to run, so that nothing secret of this process reaches it.
 */
import { spawn } from 'node:child_process';
import { ThemisError } from '../../kernel/error.ts';
import type { Endpoint, EndpointAnswer, EndpointSpec } from '../../ports/endpoint.ts';
import { baseEnvironment } from '../base-environment.ts';

const usualLimitBytes = 64 * 1024;
const flushMs = 200;

export function createEndpoint(): Endpoint {
  return {
    async call(endpoint, timeoutMs, limitBytes = usualLimitBytes) {
      const body = new Body(limitBytes);
      return endpoint.kind === 'http' ? request(endpoint, timeoutMs, body) : run(endpoint.command, timeoutMs, body);
    },
  };
}

type HttpSpec = Extract<EndpointSpec, { kind: 'http' }>;

function request(endpoint: HttpSpec, timeoutMs: number, body: Body): Promise<EndpointAnswer> {
  return new Promise((resolve, reject) => {
    // Not imported: an import of node:http makes Node.js load a second client, a third of what `node exec` starts with.
    const client = process.getBuiltinModule(endpoint.url.startsWith('https:') ? 'node:https' : 'node:http');
    const timer = setTimeout(() => {
      call.destroy();
      reject(new ThemisError('TIMEOUT', `${endpoint.url} did not answer within ${timeoutMs} ms.`));
    }, timeoutMs);
    // A connection of its own: a keep-alive one may lead to the process that was just replaced.
    const call = client.request(endpoint.url, { method: endpoint.method, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      const finish = (): void => {
        clearTimeout(timer);
        resolve({ ok: status >= 200 && status < 300, status, body: body.text() });
      };
      response.on('data', (chunk: Buffer) => {
        if (body.add(chunk)) return;
        finish();
        call.destroy();
      });
      response.on('end', finish);
      response.on('error', fail);
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(new ThemisError('UNREACHABLE', `${endpoint.url} does not answer: ${error.message}`, { cause: error }));
    };
    call.on('error', fail);
    call.end();
  });
}

function run(command: readonly string[], timeoutMs: number, body: Body): Promise<EndpointAnswer> {
  return new Promise((resolve, reject) => {
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'], env: baseEnvironment() });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      reject(new ThemisError('TIMEOUT', `${program} did not end within ${timeoutMs} ms.`));
    }, timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => void body.add(chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new ThemisError('UNREACHABLE', `${program} cannot be started: ${error.message}`, { cause: error }));
    });
    child.on('exit', () => {
      clearTimeout(timer);
      // What it left running may keep its end of the pipe open; what it said itself is there by now.
      setTimeout(() => child.stdout.destroy(), flushMs).unref();
    });
    child.on('close', (code) => {
      // Ended by a signal: as a shell reports it.
      resolve({ ok: code === 0, status: code ?? 128, body: body.text() });
    });
  });
}

class Body {
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** False once it is full. */
  add(chunk: Buffer): boolean {
    const room = this.#limitBytes - this.#sizeBytes;
    this.#chunks.push(chunk.subarray(0, room));
    this.#sizeBytes += Math.min(room, chunk.length);
    return chunk.length <= room;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
