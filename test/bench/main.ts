/**
 * `npm run bench -- NAME [--json]`: runs one bench and prints a table, or one JSON object. Without NAME it lists them.
 * Each case is prepared in one process and measured in another, of the same Node: memory and warm code are its own. The
 * median of three such processes is what is printed, unless the bench counts what no machine changes or takes too long.
 * THEMIS_BENCH_CASE: only the cases whose name holds this.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchRow, MeasuredRow } from './bench.ts';
import { bandwidthBench } from './bandwidth.ts';
import { deltaBench } from './delta.ts';
import { downloadBench } from './download.ts';
import { judgeBench } from './judge.ts';
import { planBench } from './plan.ts';
import { resolveBench } from './resolve.ts';
import { schemaBench } from './schema.ts';
import { simulateBench } from './simulate.ts';
import { startBench } from './start.ts';
import { trustBench } from './trust.ts';

/** One line a bench. */
const benches: readonly Bench[] = [
  planBench,
  judgeBench,
  resolveBench,
  simulateBench,
  trustBench,
  downloadBench,
  bandwidthBench,
  deltaBench,
  schemaBench,
  startBench,
];

type Measured = readonly MeasuredRow[];
const runsOfEach = 3;

const [name, ...rest] = process.argv.slice(2);
const [mode, caseName] = rest;

if (mode === '--prepare' || mode === '--run') await runInChild(mode, caseName ?? '');
else runAll(rest.includes('--json'));

async function runInChild(mode: '--prepare' | '--run', caseName: string): Promise<void> {
  const found = benches.find((bench) => bench.name === name)?.cases.find((entry) => entry.name === caseName);
  if (found === undefined) throw new Error(`no case ${caseName} in bench ${name ?? ''}`);
  if (mode === '--prepare') await found.prepare?.(process.cwd());
  else process.stdout.write(JSON.stringify(await found.run()));
}

function runAll(json: boolean): void {
  const bench = benches.find((entry) => entry.name === name);
  if (bench === undefined) {
    const list = benches.map((entry) => `  ${entry.name}  ${entry.summary}\n`).join('');
    process.stderr.write(`Usage: npm run bench -- NAME [--json]\n${list}`);
    process.exitCode = name === undefined ? 0 : 64;
    return;
  }
  const cases = bench.cases.filter((entry) => entry.name.includes(process.env['THEMIS_BENCH_CASE'] ?? ''));
  if (cases.length === 0) {
    const names = bench.cases.map((entry) => `  ${entry.name}\n`).join('');
    process.stderr.write(`No case has THEMIS_BENCH_CASE in its name. There are:\n${names}`);
    process.exitCode = 64;
    return;
  }
  const rows: BenchRow[] = cases.flatMap((entry) => {
    const directory = mkdtempSync(join(tmpdir(), 'themis-bench-'));
    try {
      if (entry.prepare !== undefined) child(['--prepare', entry.name], directory);
      const measured = Array.from(
        { length: bench.runs ?? runsOfEach },
        () => JSON.parse(child(['--run', entry.name], directory)) as Measured,
      );
      return medians(measured).map((row) => Object.assign({ case: entry.name }, row));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  if (cases.length === bench.cases.length) rows.push(...(bench.conclude?.(rows) ?? []));
  process.stdout.write(json ? `${JSON.stringify({ name: bench.name, rows })}\n` : table(rows));
}

/** Row by row the run whose value is in the middle: one run on a shared machine says little. */
function medians(runs: readonly Measured[]): Measured {
  return runs[0]!.map((_, index) => {
    const rows = runs.map((run) => run[index]!).sort((a, b) => a.value - b.value);
    return rows[Math.floor(rows.length / 2)]!;
  });
}

function child(argv: readonly string[], cwd: string): string {
  const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name!, ...argv], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (result.status !== 0)
    throw new Error(`bench ${name!} ${argv.join(' ')} ended with ${result.status ?? result.signal}`);
  return result.stdout;
}

function table(rows: readonly BenchRow[]): string {
  const peers = rows.some((row) => row.peer !== undefined);
  const head = ['case', 'metric', 'value', 'unit', ...(peers ? ['peer', 'peer value', 'ratio'] : [])];
  const lines = rows.map((row) => [
    row.case,
    row.metric,
    String(row.value),
    row.unit,
    ...(peers ? [row.peer ?? '', String(row.peerValue ?? ''), String(row.ratio ?? '')] : []),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  const print = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return `${[print(head), print(widths.map((width) => '-'.repeat(width))), ...lines.map(print)].join('\n')}\n`;
}
