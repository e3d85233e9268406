/**
 * A service run by somebody else (systemd, a container runtime, an init script): three commands. Without a shell.
 * Idempotence comes from asking `status` first, so a start command never meets a running service.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThemisError } from '../../kernel/error.ts';
import type { ServiceControl, ServiceSpec, ServiceStatus } from '../../ports/service-control.ts';
import { baseEnvironment } from '../base-environment.ts';

type CommandSpec = Extract<ServiceSpec, { kind: 'command' }>;

const commandTimeoutMs = 90_000;
const pollMs = 50;
const keptOutput = 2048;

export function createCommandService(spec: CommandSpec): ServiceControl {
  async function status(): Promise<ServiceStatus> {
    const { code, output } = await run(spec, spec.status, commandTimeoutMs);
    if (code === 0) return { kind: 'running', pid: null };
    // LSB: 1 to 3 say "not running", anything else that it could not be found out.
    if (code >= 1 && code <= 3) return { kind: 'stopped' };
    throw failed('status', spec.status, code, output);
  }

  return {
    status,
    async start() {
      if ((await status()).kind === 'running') return { started: false };
      const { code, output } = await run(spec, spec.start, commandTimeoutMs);
      if (code !== 0) throw failed('start', spec.start, code, output);
      return { started: true };
    },
    async stop(timeoutMs) {
      if ((await status()).kind === 'stopped') return { stopped: false };
      const deadline = performance.now() + timeoutMs;
      const { code, output } = await run(spec, spec.stop, timeoutMs);
      if (code !== 0) throw failed('stop', spec.stop, code, output);
      while ((await status()).kind === 'running') {
        if (performance.now() >= deadline) {
          throw new ThemisError('TIMEOUT', `The service still runs ${timeoutMs} ms after its stop command.`);
        }
        await sleep(pollMs);
      }
      return { stopped: true };
    },
  };
}

function run(
  spec: CommandSpec,
  command: readonly string[],
  timeoutMs: number,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, {
      cwd: spec.workingDirectory,
      env: { ...baseEnvironment(), ...spec.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-keptOutput);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new ThemisError('TIMEOUT', `${command.join(' ')} did not end within ${timeoutMs} ms.`));
    }, timeoutMs);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new ThemisError('SERVICE_FAILED', `${program} cannot be started: ${error.message}`, { cause: error }));
    });
    // `exit`, not `close`: a start command may leave a daemon that keeps the pipe.
    child.on('exit', (code) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code: code ?? 128, output });
    });
  });
}

function failed(what: string, command: readonly string[], code: number, output: string): ThemisError {
  const said = output.trim() === '' ? '' : `: ${output.trim()}`;
  return new ThemisError('SERVICE_FAILED', `The ${what} command ${command.join(' ')} ended with ${code}${said}`);
}
