/**
 * 200 files from a server in a process of its own, with 20 ms of latency and 50 Mbit/s for each connection. Ours is the
 * staging of a node as it is: fetched, hashed, each file and directory durable, in place. Beside it, in the same run and
 * with as many connections as a node makes to one host: the same staging one file after the other; everything
 * downloaded, then everything verified, then everything staged; `aria2c` and `curl -Z`, which neither hash nor sync.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { createEndpoint } from '../../src/adapters/endpoint/node.ts';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import { createMachine } from '../../src/adapters/machine/node.ts';
import { createServiceControl } from '../../src/adapters/service-control/index.ts';
import { nodeDownloads } from '../../src/apps/agent/node-memory.ts';
import { hexOf } from '../../src/kernel/digest.ts';
import { mapBounded } from '../../src/kernel/map-bounded.ts';
import type { ReleaseManifest } from '../../src/model/release.ts';
import type { NodeDocument } from '../../src/node/config/node-config.ts';
import type { NodeDeps } from '../../src/node/deps.ts';
import { handleNodeRequest } from '../../src/node/handle-request.ts';
import { initNode } from '../../src/node/init.ts';
import { anchors, authority, nodeDocument, nodeSchema, requestOf } from '../support/node/node-world.ts';
import { acceptingDelta, acceptingIndex, acceptingRotation, acceptingVerification } from '../support/node/releases.ts';
import { httpSource } from '../support/release-sources.ts';
import { rounded, type Bench, type BenchRow } from './bench.ts';
import { releaseDirectory, writeRelease } from './download/release.ts';

type Row = Omit<BenchRow, 'case'>;

/** What a node does by default, and how many files it reads, and makes durable, at once. */
const connections = 6;
const reads = 4;
const syncs = 3;

async function run(): Promise<Row[]> {
  const server = spawn(process.execPath, [fileURLToPath(new URL('download/server.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [url = ''] = await new Promise<string[]>((found) =>
      createInterface(server.stdout).once('line', (line) => found([line])),
    );
    const peers: readonly (readonly [string, () => Promise<void>])[] = [
      // First: it is our own code, and leaves it warm for what follows.
      ['sequential', () => stage(url, { concurrency: 1 })],
      ['aria2c', () => withAria2(url)],
      ['curl', () => withCurl(url)],
      ['unpipelined', () => unpipelined(url)],
    ];
    const rows: Row[] = [];
    for (const [peer, work] of peers) {
      const peerValue = await timed(work);
      // Right after it, so that both meet the same machine.
      const value = await timed(() => stage(url, {}));
      rows.push({ metric: 'seconds', value, unit: 's', peer, peerValue, ratio: rounded(value / peerValue) });
    }
    return rows;
  } finally {
    server.stdin.end();
  }
}

/** Seconds. What the work leaves in `out` goes again. */
async function timed(work: () => Promise<void>): Promise<number> {
  mkdirSync('out');
  const start = performance.now();
  await work();
  const seconds = rounded((performance.now() - start) / 1000, 2);
  rmSync('out', { recursive: true });
  return seconds;
}

const manifest = (): ReleaseManifest =>
  JSON.parse(readFileSync(`${releaseDirectory}/release.json`, 'utf8')) as ReleaseManifest;

async function stage(url: string, delivery: NonNullable<NodeDocument['delivery']>): Promise<void> {
  const deps = nodeDeps(resolve('out/node'), url);
  await initNode(deps, { document: { ...nodeDocument, service: { manager: 'none' }, delivery }, anchors });
  const { package: name, version, manifestHash } = manifest();
  const locator = { kind: 'http', url, path: releaseDirectory } as const;
  const releases = [{ package: name, version, manifestHash, locator }];
  const reply = await handleNodeRequest(deps)(requestOf({ kind: 'stage', authority, releases }));
  if (reply.kind !== 'finished' || reply.result.kind !== 'done') throw new Error(JSON.stringify(reply));
}

/** The node as it is put together for commands, but for trust, which has a bench of its own. */
function nodeDeps(root: string, url: string): NodeDeps {
  const manifestPath = `${releaseDirectory}/release.json`;
  return {
    root,
    files: createNodeFileSystem(),
    clock: systemClock,
    random: Math.random,
    machine: createMachine(),
    endpoint: createEndpoint(),
    serviceControl: createServiceControl,
    openSource: () => httpSource(url),
    verifyIndex: acceptingIndex(new Map([[manifestPath, readFileSync(manifestPath)]])),
    verifyRelease: acceptingVerification,
    verifyDelta: acceptingDelta,
    verifyRotation: acceptingRotation,
    takeList: () => ({ ok: true, issuer: null, covered: [] }),
    checkTrust: () => undefined,
    downloads: nodeDownloads,
    schema: nodeSchema,
  };
}

/** The same source, file system and numbers; only that each part begins when the one before has ended. */
async function unpipelined(url: string): Promise<void> {
  const files = createNodeFileSystem();
  const source = httpSource(url);
  const wanted = manifest().files;
  const directories = ['out/fetched', 'out/staged', ...new Set(wanted.map(({ type }) => `out/staged/${type}`))].map(
    (directory) => resolve(directory),
  );
  for (const directory of directories) await files.makeDirectory(directory);
  const fetched = (sha256: string): string => resolve(`out/fetched/${sha256}`);
  await mapBounded(wanted, connections, async ({ path, sha256, sizeBytes }) => {
    const { chunks } = await source.openFile(`${releaseDirectory}/${path}`, { limitBytes: sizeBytes });
    const file = await files.openGrowing(fetched(sha256), 0);
    for await (const chunk of chunks) await file.write([chunk]);
    await file.close();
  });
  await mapBounded(wanted, reads, async ({ path, sha256 }) => {
    if (hexOf((await files.digestFile(fetched(sha256))).digest) !== sha256) throw new Error(path);
  });
  await mapBounded(wanted, syncs, async ({ path, sha256 }) => {
    const target = resolve(`out/staged/${path}`);
    await files.copyHashed(fetched(sha256), target, 0o400);
    await files.syncFile(target);
  });
  for (const directory of directories) await files.syncDirectory(directory);
}

async function withAria2(url: string): Promise<void> {
  const list = manifest().files.map(({ path }) => `${url}/${releaseDirectory}/${path}\n  out=${path}\n`);
  writeFileSync('out/list', list.join(''));
  const options = ['--input-file=out/list', '--dir=out', `--max-concurrent-downloads=${connections}`, '--split=1'];
  await tool('aria2c', [...options, '--file-allocation=none', '--quiet']);
}

async function withCurl(url: string): Promise<void> {
  const list = manifest().files.map(({ path }) => `url = ${url}/${releaseDirectory}/${path}\noutput = out/${path}\n`);
  writeFileSync('out/list', list.join(''));
  const options = [
    '--parallel',
    '--parallel-max',
    String(connections),
    '--create-dirs',
    '--silent',
    '--no-progress-meter',
    '--fail',
  ];
  await tool('curl', [...options, '--config', 'out/list']);
}

async function tool(program: string, argv: readonly string[]): Promise<void> {
  const result = spawnSync(program, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.error !== undefined)
    throw new Error(`${program} is needed: apt-get install ${program.replace(/c$/u, '')}`);
  const count =
    readdirSync('out', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length - 1;
  if (result.status !== 0 || count !== manifest().files.length) {
    throw new Error(`${program} ended with ${result.status} and ${count} files`);
  }
}

export const downloadBench: Bench = {
  name: 'download',
  summary: '200 files over 50 Mbit/s connections with 20 ms of latency: staging beside sequential, aria2c, curl',
  cases: [{ name: '200 files', prepare: async () => writeRelease(), run }],
};
