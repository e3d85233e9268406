/** An index of a later minor version, with fields that this Themis does not know, as an old fleet meets it. */
import { describe, expect, it } from 'vitest';
import { openMemorySource } from '../../../../src/adapters/release-source/memory.ts';
import { digestBytes } from '../../../../src/kernel/digest.ts';
import type { JsonObject } from '../../../../src/kernel/json.ts';
import { parseIndexDelta } from '../../../../src/model/release-format/parse-index-delta.ts';
import { parseReleaseIndex } from '../../../../src/model/release-format/parse-index.ts';
import { fetchIndex, type KnownIndex } from '../../../../src/release/index/changes/fetch-index.ts';
import { diffIndexes, encodeIndexDelta } from '../../../../src/release/index/changes/index-delta.ts';
import { presentIndex } from '../../../../src/release/index/yank.ts';
import { signDetached } from '../../../../src/release/sign-detached.ts';
import { cosignIndex } from '../../../../src/release/sign-release.ts';
import { checkIndex } from '../../../../src/trust/policy/check-index.ts';

import { onDisk } from '../../../support/delta/delta-fixture.ts';
import { entryOf, farSource, indexedDelta, indexOf } from '../../../support/delta/index-fixture.ts';
import * as pki from '../../../support/pki.ts';
import { testSigner, testTrust } from '../../../support/releases.ts';

const entries = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0'].map((version) => entryOf('themisdb', version));
const older = indexOf(1, entries.slice(0, 5));
const newer = indexOf(3, entries, [indexedDelta('themisdb', '1.4.0', '1.5.0')]);

/** With one more field in every object. */
function extended(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(extended);
  if (typeof value !== 'object' || value === null) return value;
  return {
    ...Object.fromEntries(Object.entries(value).map(([name, each]) => [name, extended(each)])),
    later: { added: [1] },
  };
}

const changed = (bytes: Uint8Array, change: (document: JsonObject) => unknown): Uint8Array =>
  Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(bytes).toString()) as JsonObject)));
const later = changed(newer.bytes, (index) => extended({ ...index, formatVersion: '1.1' }));
const known = { ...newer.index, formatVersion: '1.1' };

describe('an index of a later minor version', () => {
  it('is read and believed without what it adds', async () => {
    expect(parseReleaseIndex(later)).toEqual(known);
    const signature = await signDetached(later, testSigner(), pki.nowMs);
    const nowMs = Date.parse(newer.index.generatedAt);
    expect(checkIndex({ index: later, signature, trust: testTrust(), nowMs })).toMatchObject({
      ok: true,
      index: known,
    });
  });

  it('of another major version is none', () => {
    const next = changed(newer.bytes, (index) => ({ ...index, formatVersion: '2.0' }));
    expect(() => parseReleaseIndex(next)).toThrowError(expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }));
  });

  it('is neither signed nor made anew by who would drop what it adds', async () => {
    const disk = await onDisk(new Map([['index.json', later]]));
    const refused = { code: 'INDEX_INVALID' };
    await expect(cosignIndex(disk, '/r', testSigner(), pki.nowMs)).rejects.toMatchObject(refused);
    const source = openMemorySource(new Map([['index.json', later]]));
    await expect(presentIndex(source)).rejects.toMatchObject(refused);
    expect((await source.readIndex()).index).toEqual(known);
  });
});

describe('changes of a later minor version', () => {
  const holds = (bytes: Uint8Array, signature: Uint8Array): boolean =>
    digestBytes(bytes) === Buffer.from(signature).toString();
  const knownOlder: KnownIndex = {
    bytes: older.bytes,
    signature: Buffer.from(older.digest),
    validators: { index: null, signature: null },
  };
  const fetched = (index: Uint8Array, changes: Uint8Array) =>
    fetchIndex(
      farSource(
        new Map([
          ['index.json', index],
          ['index.json.p7s', Buffer.from(digestBytes(index))],
          [`index/${older.digest.slice(7)}.delta.json`, changes],
        ]),
      ),
      knownOlder,
      holds,
    );

  it('are merged where that gives what was signed, and else the whole is read', async () => {
    const same = changed(encodeIndexDelta(diffIndexes(older, newer)), (delta) =>
      extended({ ...delta, formatVersion: '1.1' }),
    );
    expect(parseIndexDelta(same)).toEqual({ ...diffIndexes(older, newer), formatVersion: '1.1' });
    expect(await fetched(newer.bytes, same)).toMatchObject({ way: 'merged', bytes: newer.bytes });
    const more = encodeIndexDelta(diffIndexes(older, { index: known, digest: digestBytes(later) }));
    expect(await fetched(later, more)).toMatchObject({ way: 'full', bytes: later });
  });
});
