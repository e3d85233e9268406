import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rounded } from '../bench.ts';

export interface MeasuredProcess {
  /** From its start to its end. */
  readonly seconds: number;
  /** As the kernel kept it when it was last asked, every few milliseconds; 0 where it cannot be asked. */
  readonly peakMiB: number;
  readonly output: string;
}

export async function measureProcess(program: string, argv: readonly string[]): Promise<MeasuredProcess> {
  const start = performance.now();
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMiB = 0;
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, highWaterMiB(child.pid))), 10);
  try {
    const status = await new Promise<unknown>((ended, failed) => {
      child.on('error', failed).on('close', (code, signal) => ended(code ?? signal));
    });
    if (status !== 0) throw new Error(`${[program, ...argv].join(' ')} ended with ${String(status)}\n${complaint}`);
  } finally {
    clearInterval(watch);
  }
  return { seconds: rounded((performance.now() - start) / 1000, 2), peakMiB, output };
}

function highWaterMiB(pid: number | undefined): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch {
    // It has just ended.
    return 0;
  }
}
