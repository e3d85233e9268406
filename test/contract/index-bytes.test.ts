/** An index of ten thousand entries behind a real server: what a look at it costs on the wire, headers and all. */
import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createNodeFileSystem } from '../../src/adapters/file-system/node.ts';
import type { FetchedIndex, KnownIndex } from '../../src/release/index/changes/fetch-index.ts';
import { writeChanges, writeStep } from '../../src/release/index/changes/publish-changes.ts';
import { verifyIndex } from '../../src/release/index/verify-index.ts';
import { signDetached } from '../../src/release/sign-detached.ts';
import { startRelay } from '../support/counting-relay.ts';
import { entryOf, indexOf } from '../support/delta/index-fixture.ts';
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

describe.runIf(hasNginx)('with nginx', () => {
  test('one in a hundred changed costs at most a tenth of the whole, nothing changed next to nothing', async () => {
    const root = join(await mkdtemp(join(tmpdir(), 'themis-index-')), 'r');
    await mkdir(root);
    closing.push(() => rm(join(root, '..'), { recursive: true }));
    const nginx = await startNginx(root);
    closing.push(() => nginx.stop());
    const relay = await startRelay(nginx.url);
    closing.push(() => relay.close());
    const look = async (known: KnownIndex | null): Promise<{ fetched: FetchedIndex; bytes: number }> => {
      relay.take();
      const verified = await verifyIndex(httpSource(relay.url), testTrust(), pki.nowMs, known);
      if (!verified.ok) throw new Error(verified.message);
      return { fetched: verified.fetched, bytes: relay.take() };
    };
    const [before, after] = [indexOf(1, entries), indexOf(2, changed)];
    await publish(root, before);
    const first = await look(null);
    expect(first.fetched.way).toBe('full');
    await publish(root, after);
    const whole = await look(null);
    const part = await look(first.fetched);
    expect(part.fetched).toMatchObject({ way: 'merged' });
    expect(Buffer.from(part.fetched.bytes).equals(after.bytes)).toBe(true);
    // Of the whole as it travels, which is compressed.
    expect(whole.bytes).toBeLessThan(after.bytes.length);
    expect(part.bytes).toBeLessThanOrEqual(whole.bytes / 10);
    const nothing = await look(part.fetched);
    expect(nothing.fetched.way).toBe('unchanged');
    expect(nothing.bytes).toBeLessThanOrEqual(600);
  });
});
