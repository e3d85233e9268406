/**
 * The programs of Debian that make patches, in the same run as ours. Applying neither hashes anything nor brings it to the
 * disk, as ours does.
 *
 * They know no trees. Each gets a tar of both, and each file on its own beside the one at its path, where a file whose
 * patch is no smaller than itself counts with its plain size; of both ways the smaller counts.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { rounded } from '../bench.ts';
import { measureProcess } from './measured-process.ts';

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

/** Paths. Without a base the file travels whole. */
export interface PeerFile {
  readonly base?: string;
  readonly target: string;
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

/** `ways`: each a list of files that together bring what is wanted. Says which programs are not here. */
export async function measurePeers(ways: readonly (readonly PeerFile[])[]): Promise<MeasuredPeer[]> {
  const measured: MeasuredPeer[] = [];
  for (const peer of peers) {
    if (!isHere(peer.make('', '', '')[0])) {
      process.stderr.write(`${peer.name} is left out: apt-get install ${peer.debian}\n`);
      continue;
    }
    const each: MeasuredPeer[] = [];
    for (const files of ways) each.push({ name: peer.name, ...(await measureAll(peer, files)) });
    measured.push(each.reduce((least, other) => (other.patchBytes < least.patchBytes ? other : least)));
  }
  return measured;
}

async function measureAll(peer: Peer, files: readonly PeerFile[]): Promise<Measures> {
  const all: Measures[] = [];
  for (const { base, target } of files) if (base !== undefined) all.push(await measure(peer, base, target));
  const fresh = files.filter(({ base }) => base === undefined);
  const sum = (of: keyof Measures): number => all.reduce((total, each) => total + each[of], 0);
  const most = (of: keyof Measures): number => Math.max(0, ...all.map((each) => each[of]));
  return {
    patchBytes: sum('patchBytes') + fresh.reduce((total, { target }) => total + statSync(target).size, 0),
    generateSeconds: rounded(sum('generateSeconds'), 2),
    generatePeakMiB: most('generatePeakMiB'),
    applySeconds: rounded(sum('applySeconds'), 2),
    peakMiB: most('peakMiB'),
  };
}

async function measure(peer: Peer, base: string, target: string): Promise<Measures> {
  const files = createNodeFileSystem();
  const made = await measureProcess(...programOf(peer.make(base, target, 'patch-of-peer')));
  const applied = await measureProcess(...programOf(peer.apply(base, 'patch-of-peer', 'of-peer')));
  const [was, is] = [await files.digestFile(target), await files.digestFile('of-peer')];
  if (is.digest !== was.digest) throw new Error(`${peer.name} makes something else of ${target}`);
  const patchBytes = Math.min(statSync('patch-of-peer').size, was.sizeBytes);
  for (const path of ['patch-of-peer', 'of-peer']) rmSync(path);
  return {
    patchBytes,
    generateSeconds: made.seconds,
    generatePeakMiB: made.peakMiB,
    applySeconds: applied.seconds,
    peakMiB: applied.peakMiB,
  };
}

function programOf([program, ...argv]: readonly [string, ...string[]]): [string, string[]] {
  return [program, argv];
}

function isHere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
