/**
 * The programs of Debian that make patches. They need minutes for a large program, so their patches stay in the cache of
 * this machine, under the hash of what they were made of and how, with the seconds it took. Applying is measured each
 * time: it neither hashes anything nor brings it to the disk, as ours does.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { measureProcess } from './measured-process.ts';
import { cacheDirectory } from './pairs.ts';

export interface Measures {
  readonly patchBytes: number;
  readonly generateSeconds: number;
  readonly generatePeakMiB: number;
  readonly applySeconds: number;
  /** Of applying. */
  readonly peakMiB: number;
}

export interface MeasuredPeer extends Measures {
  readonly name: string;
}

interface Peer {
  readonly name: string;
  readonly debian: string;
  make(base: string, target: string, patch: string): readonly [string, ...string[]];
  apply(base: string, patch: string, target: string): readonly [string, ...string[]];
}

export const peers: readonly Peer[] = [
  {
    name: 'bsdiff',
    debian: 'bsdiff',
    make: (base, target, patch) => ['bsdiff', base, target, patch],
    apply: (base, patch, target) => ['bspatch', base, target, patch],
  },
  {
    name: 'xdelta3 -9',
    debian: 'xdelta3',
    make: (base, target, patch) => ['xdelta3', '-9', '-f', '-e', '-s', base, target, patch],
    apply: (base, patch, target) => ['xdelta3', '-f', '-d', '-s', base, patch, target],
  },
  {
    name: 'zstd -19 --long=31 --patch-from',
    debian: 'zstd',
    make: (base, target, patch) => ['zstd', '-qf', '-19', '--long=31', `--patch-from=${base}`, target, '-o', patch],
    apply: (base, patch, target) => ['zstd', '-qfd', '--long=31', `--patch-from=${base}`, patch, '-o', target],
  },
];

/** So that measuring finds them. Says which programs are not here. */
export async function makePeerPatches(base: string, target: string): Promise<void> {
  for (const peer of peers) {
    const { patch, notes } = await placeOf(peer, base, target);
    if (existsSync(notes)) continue;
    const part = `${patch}.${process.pid}.part`;
    const [program, ...argv] = peer.make(base, target, part);
    if (!isHere(program)) {
      process.stderr.write(`${peer.name} is left out: apt-get install ${peer.debian}\n`);
      continue;
    }
    try {
      const { seconds, peakMiB } = await measureProcess(program, argv);
      renameSync(part, patch);
      writeFileSync(notes, JSON.stringify({ generateSeconds: seconds, generatePeakMiB: peakMiB }));
    } finally {
      rmSync(part, { force: true });
    }
  }
}

export async function measurePeers(base: string, target: string): Promise<MeasuredPeer[]> {
  const files = createNodeFileSystem();
  const { digest } = await files.digestFile(target);
  const measured: MeasuredPeer[] = [];
  for (const peer of peers) {
    const { patch, notes } = await placeOf(peer, base, target);
    if (!existsSync(notes)) continue;
    const made = JSON.parse(readFileSync(notes, 'utf8')) as Pick<Measures, 'generateSeconds' | 'generatePeakMiB'>;
    const [program, ...argv] = peer.apply(base, patch, 'of-peer');
    const { seconds, peakMiB } = await measureProcess(program, argv);
    if ((await files.digestFile('of-peer')).digest !== digest) throw new Error(`${peer.name} makes something else`);
    rmSync('of-peer');
    const patchBytes = statSync(patch).size;
    measured.push({ name: peer.name, patchBytes, ...made, applySeconds: seconds, peakMiB });
  }
  return measured;
}

async function placeOf(peer: Peer, base: string, target: string): Promise<{ patch: string; notes: string }> {
  const files = createNodeFileSystem();
  const hash = createHash('sha256').update(peer.make('', '', '').join(' '));
  for (const path of [base, target]) hash.update((await files.digestFile(path)).digest);
  const directory = join(cacheDirectory, 'peers');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const patch = join(directory, hash.digest('hex'));
  return { patch, notes: `${patch}.json` };
}

function isHere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
