import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rounded } from '../bench.ts';

export interface MeasuredProcess {
  /** From its start to its end. */
  readonly seconds: number;
  /** As the kernel kept it when it was last asked, every few milliseconds; 0 where it cannot be asked. */
  readonly peakMiB: number;
  /** Of all its threads, and of processes of its own that it saw end; likewise. */
  readonly cpuSeconds: number;
  readonly output: string;
}

export async function measureProcess(program: string, argv: readonly string[]): Promise<MeasuredProcess> {
  const start = performance.now();
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMiB = 0;
  let cpuSeconds = 0;
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, highWaterMiB(child.pid));
    cpuSeconds = Math.max(cpuSeconds, usedSeconds(child.pid));
  }, 10);
  try {
    const status = await new Promise<unknown>((ended, failed) => {
      child.on('error', failed).on('close', (code, signal) => ended(code ?? signal));
    });
    if (status !== 0) throw new Error(`${[program, ...argv].join(' ')} ended with ${String(status)}\n${complaint}`);
  } finally {
    clearInterval(watch);
  }
  return { seconds: rounded((performance.now() - start) / 1000, 2), peakMiB, cpuSeconds, output };
}

function highWaterMiB(pid: number | undefined): number {
  const kib = /^VmHWM:\s+(\d+) kB$/mu.exec(ofProcess(pid, 'status'))?.[1];
  return Math.round(Number(kib ?? 0) / 1024);
}

/** Fields 14 to 17 of proc(5), in hundredths of a second; the name before them may hold anything. */
function usedSeconds(pid: number | undefined): number {
  const stat = ofProcess(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / 100;
}

function ofProcess(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}
