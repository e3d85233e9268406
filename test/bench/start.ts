/**
 * How long commands take to begin: as processes of the built package, beside the same from the sources and beside a
 * Node.js that does nothing. Not the first of them: that one compiles what the next find compiled.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layOutPackage } from '../support/package-layout.ts';
import type { Bench, BenchCase, MeasuredRow } from './bench.ts';
import { rounded } from './bench.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const starts = 9;

/** What has little to do, so that it is the beginning that is measured. */
const lines = {
  version: { argv: ['version'], status: 0 },
  // Nothing on stdin is no request; it says so and ends.
  'node exec': { argv: ['node', 'exec', '--root', 'nowhere'], status: 0 },
  'validate, two files': { argv: ['validate', join(root, 'examples/small')], status: 0 },
  'apply --help': { argv: ['apply', '--help'], status: 0 },
} as const;

/** The median in milliseconds, in turn, so that a busy moment of the machine is everybody's. */
function timesOf(programs: readonly (readonly string[])[], status: number): readonly number[] {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...rest } = process.env;
  const env = { ...rest, XDG_CACHE_HOME: join(process.cwd(), 'cache') };
  const times = programs.map((): number[] => []);
  for (let turn = 0; turn <= starts; turn += 1) {
    for (const [index, argv] of programs.entries()) {
      const began = performance.now();
      const ran = spawnSync(process.execPath, argv, { env, input: '', encoding: 'utf8' });
      if (turn > 0) times[index]!.push(performance.now() - began);
      if (ran.status !== status) throw new Error(`${argv.join(' ')} ended with ${String(ran.status)}: ${ran.stderr}`);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!);
}

function startCase(name: keyof typeof lines): BenchCase {
  return {
    name,
    prepare(directory) {
      layOutPackage(directory);
      return Promise.resolve();
    },
    run() {
      const { argv, status } = lines[name];
      const programs = [
        ['bin/themis.cjs', ...argv],
        [join(root, 'bin/themis.cjs'), ...argv],
      ];
      const [ours, sources] = timesOf(programs, status).map((ms) => rounded(ms, 0));
      const [nothing] = timesOf([['-e', '0']], 0).map((ms) => rounded(ms, 0));
      const beside = (peer: string, peerValue: number): MeasuredRow => {
        return { metric: 'ms', value: ours!, unit: 'ms', peer, peerValue, ratio: rounded(ours! / peerValue, 2) };
      };
      return Promise.resolve([beside('from the sources', sources!), beside('node -e 0', nothing!)]);
    },
  };
}

export const startBench: Bench = {
  name: 'start',
  summary: 'how long commands take to begin, beside their sources and an empty Node.js',
  cases: (Object.keys(lines) as (keyof typeof lines)[]).map(startCase),
};
