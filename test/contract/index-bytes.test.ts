/** An index of ten thousand entries behind servers that compress or not: what a look costs on the wire, headers and all. */
import { mkdir, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import type { FetchedIndex, KnownIndex } from '../../src/release/index/changes/fetch-index.ts';
import { writeChanges, writeStep } from '../../src/release/index/changes/publish-changes.ts';
import { verifyIndex } from '../../src/release/index/verify-index.ts';
import { signDetached } from '../../src/release/sign-detached.ts';
import { startRelay } from '../support/counting-relay.ts';
import { entryOf, indexOf } from '../support/delta/index-fixture.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { answerIn, type OfferedCoding } from '../support/faults/coded.ts';
import { type Respond, sendWhole } from '../support/faults/exchange.ts';
import { hasNginx, startNginx } from '../support/live/nginx-server.ts';
import * as pki from '../support/pki.ts';
import { httpSource } from '../support/release-sources.ts';
import { testSigner, testTrust } from '../support/releases.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const entries = Array.from({ length: 10_000 }, (_, position) =>
  entryOf(`package-${position % 100}`, `1.${Math.floor(position / 100)}.0`),
);
/** One in a hundred: half of them withdrawn or rebuilt, the others new versions. */
const changed = [
  ...entries.map((entry, position) => (position % 200 === 0 ? entryOf(entry.package, entry.version, 'ab') : entry)),
  ...Array.from({ length: 50 }, (_, position) => entryOf(`package-${position}`, '1.100.0')),
];

const [before, after] = [indexOf(1, entries), indexOf(2, changed)];
let agedMs = pki.nowMs;

async function publish(root: string, index: ReturnType<typeof indexOf>): Promise<void> {
  const files = createNodeFileSystem();
  await writeStep(files, root, index);
  await files.writeFile(join(root, 'index.json'), index.bytes, 0o644);
  await files.writeFile(join(root, 'index.json.p7s'), await signDetached(index.bytes, testSigner(), pki.nowMs), 0o644);
  await writeChanges(files, root, index, 16);
  // A second ago: what a server says of a file in the very second of its change is no tag to come back with.
  for (const name of ['index.json', 'index.json.p7s']) await utimes(join(root, name), agedMs / 1000, agedMs / 1000);
  agedMs += 1000;
}

interface Served {
  readonly url: string;
  /** After something was published. */
  refresh(): Promise<void>;
}

const answered: string[] = [];

async function startOwn(root: string, offered: readonly OfferedCoding[]): Promise<Served> {
  const files = new Map<string, Uint8Array>();
  const server = await startFaultServer({ files, fault: () => answerIn(offered, (coding) => answered.push(coding)) });
  closing.push(() => server.close());
  return {
    url: server.url,
    async refresh() {
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        files.set(relative(root, path), await readFile(path));
      }
    },
  };
}

async function startReal(root: string): Promise<Served> {
  const nginx = await startNginx(root);
  closing.push(() => nginx.stop());
  return { url: nginx.url, refresh: async () => {} };
}

const servers: readonly (readonly [string, (root: string) => Promise<Served>])[] = [
  ['that knows zstd', (root) => startOwn(root, ['zstd', 'gzip'])],
  ['that knows gzip', (root) => startOwn(root, ['gzip'])],
  ['that compresses nothing', (root) => startOwn(root, [])],
  ...(hasNginx ? [['that is nginx of Debian, gzip', startReal] as const] : []),
];

describe.each(servers)('with a server %s', (name, start) => {
  test('one in a hundred changed costs at most a tenth of the whole, nothing changed next to nothing', async () => {
    const root = join(await mkdtemp(join(tmpdir(), 'themis-index-')), 'r');
    await mkdir(root);
    closing.push(() => rm(join(root, '..'), { recursive: true }));
    const served = await start(root);
    const relay = await startRelay(served.url);
    closing.push(() => relay.close());
    const look = async (known: KnownIndex | null): Promise<{ fetched: FetchedIndex; bytes: number }> => {
      relay.take();
      const verified = await verifyIndex(httpSource(relay.url), testTrust(), pki.nowMs, known);
      if (!verified.ok) throw new Error(verified.message);
      return { fetched: verified.fetched, bytes: relay.take() };
    };
    await publish(root, before);
    await served.refresh();
    const first = await look(null);
    expect(first.fetched.way).toBe('full');
    await publish(root, after);
    await served.refresh();
    answered.splice(0);
    const whole = await look(null);
    const part = await look(first.fetched);
    expect(part.fetched).toMatchObject({ way: 'merged' });
    expect(Buffer.from(part.fetched.bytes).equals(after.bytes)).toBe(true);
    // Of the whole as it travels, compressed where the server can.
    expect(part.bytes).toBeLessThanOrEqual(whole.bytes / 10);
    const coding = /zstd|gzip/u.exec(name)?.[0] ?? 'identity';
    expect(whole.bytes).toBeLessThan(coding === 'identity' ? after.bytes.length * 1.01 : after.bytes.length / 4);
    const nothing = await look(part.fetched);
    expect(nothing.fetched.way).toBe('unchanged');
    expect(nothing.bytes).toBeLessThanOrEqual(600);
    // Index and signature, signature and changes.
    if (start !== startReal) expect(answered).toEqual([coding, coding, coding, coding]);
  });
});

test('changes in a coding that cannot be undone end in the whole', async () => {
  const files = new Map<string, Uint8Array>();
  const damaged: Respond = (exchange) =>
    sendWhole(exchange, '200 OK', { 'content-encoding': 'zstd' }, Buffer.from('no zstd'));
  const server = await startFaultServer({
    files,
    fault: ({ path }) => (path.startsWith('index/') ? damaged : answerIn(['zstd'])),
  });
  closing.push(() => server.close());
  const [few, more] = [indexOf(1, entries.slice(0, 50)), indexOf(2, entries.slice(0, 52))];
  const sign = (bytes: Uint8Array): Promise<Uint8Array> => signDetached(bytes, testSigner(), pki.nowMs);
  files.set('index.json', more.bytes).set('index.json.p7s', await sign(more.bytes));
  files.set(`index/${few.digest.slice(7)}.delta.json`, new Uint8Array(0));
  const known = { bytes: few.bytes, signature: null, validators: { index: null, signature: null } };
  const verified = await verifyIndex(httpSource(server.url), testTrust(), pki.nowMs, known);
  expect(verified).toMatchObject({ ok: true, fetched: { way: 'full' } });
  expect(server.requests.map(({ path }) => path.replace(/\/.*/u, ''))).toEqual([
    'index.json.p7s',
    'index',
    'index.json',
  ]);
});
