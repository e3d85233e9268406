import { describe, expect, it } from 'vitest';
import { openMemorySource } from '../../../../src/adapters/release-source/memory.ts';
import type { ReleaseDelta } from '../../../../src/model/delta.ts';
import { auditDelta } from '../../../../src/release/delta/audit-delta.ts';
import { inspectDeltas } from '../../../../src/release/delta/inspect-deltas.ts';
import { scanDeltas } from '../../../../src/release/delta/scan-deltas.ts';
import { auditIndex } from '../../../../src/release/index/audit-index.ts';
import { scanReleases } from '../../../../src/release/scan-releases.ts';
import { verifyDetached } from '../../../../src/trust/cms/verify-detached.ts';
import type { TrustStore } from '../../../../src/trust/policy/trust-store.ts';
import { delta, deltaDirectory, deltaEntries, deltaFile, onDisk, patch } from '../../../support/delta/delta-fixture.ts';
import * as pki from '../../../support/pki.ts';
import { publishAt } from '../../../support/publish-index.ts';
import { testSigner, testTrust } from '../../../support/releases.ts';

const patchPath = `${deltaDirectory}/${deltaFile.patchUrl}`;
const documentPath = `${deltaDirectory}/delta.json`;
const signaturePath = `${documentPath}.p7s`;
const nowMs = pki.nowMs;

/** Still a delta that can be read, but not the one that was signed. */
const edited = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(Buffer.from(bytes).toString().replace('BSDIFF', 'REFMIX'));

type Entries = Map<string, Uint8Array>;

async function publish(
  entries: Entries,
  trust: TrustStore | null = null,
): Promise<{ codes: string[]; deltas: unknown; entries: Entries }> {
  const disk = await onDisk(entries);
  const { made, findings } = await publishAt(disk, await scanReleases(disk, '/r'), testSigner(), {
    nowMs,
    counter: 1,
    crls: [],
    deltas: await inspectDeltas(disk, '/r', await scanDeltas(disk, '/r'), trust, nowMs),
    freshForMs: 86_400_000,
    yanked: new Set(),
  });
  for (const name of ['index.json', 'index.json.p7s']) entries.set(name, await disk.readFile(`/r/${name}`));
  return { codes: findings.map(({ code }) => code), deltas: made?.index.deltas, entries };
}

async function codesOf(entries: Entries): Promise<string[]> {
  const disk = await onDisk(entries);
  const releases = await scanReleases(disk, '/r');
  const [found] = await scanDeltas(disk, '/r');
  const source = openMemorySource(entries);
  const given = { source, releases, trust: testTrust(), nowMs, verify: verifyDetached };
  return (await auditDelta(found!, given)).map((check) => (check.ok ? check.name : check.code));
}

describe('an index', () => {
  it('lists a signed delta between its releases, whatever else lies in that directory', async () => {
    const entries = await deltaEntries();
    entries.set('deltas/release.json', Buffer.from('{}'));
    entries.set('deltas/.draft/delta.json', Buffer.from('{}'));
    const published = await publish(entries);
    expect(published.codes).toEqual([]);
    expect(published.deltas).toEqual([
      {
        package: 'themisdb',
        platform: 'linux',
        architecture: 'x64',
        from: delta.fromManifestHash,
        to: delta.toManifestHash,
        url: `${deltaDirectory}/delta.json`,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
        patchBytes: patch.length,
      },
    ]);
  });

  it.each<[string, (entries: Entries) => void]>([
    ['THM2025', (entries) => entries.set(`${deltaDirectory}/delta.json`, Buffer.from('{}'))],
    ['THM2025', (entries) => entries.delete(`${deltaDirectory}/delta.json`)],
    ['THM2026', (entries) => entries.delete(`${deltaDirectory}/delta.json.p7s`)],
    ['THM2027', (entries) => entries.delete('themisdb-1.4.0/release.json')],
    ['THM2029', (entries) => entries.set(signaturePath, Buffer.from('x'))],
    ['THM2029', (entries) => entries.set(signaturePath, Buffer.alloc(2 ** 20 + 1))],
    ['THM2029', (entries) => entries.set(documentPath, edited(entries.get(documentPath)!))],
    ['THM2030', (entries) => entries.delete(patchPath)],
    ['THM2030', (entries) => entries.set(patchPath, patch.subarray(1))],
  ])('leaves a delta out with %s, and is made all the same', async (code, damage) => {
    const entries = await deltaEntries();
    damage(entries);
    expect(await publish(entries)).toMatchObject({ codes: [code], deltas: [] });
  });

  it('leaves out a delta that somebody signed whom the anchors at hand do not name', async () => {
    const entries = await deltaEntries();
    expect(await publish(entries, testTrust())).toMatchObject({ codes: [], deltas: [{ package: 'themisdb' }] });
    const strangers = testTrust([
      pki.rootCertificate({ key: pki.keyPair('elsewhere'), subject: pki.name('Elsewhere') }),
    ]);
    expect(await publish(entries, strangers)).toMatchObject({ codes: ['THM2029'], deltas: [] });
  });

  it('lists one of two deltas between the same releases, and none that names them wrongly', async () => {
    const twice = await deltaEntries();
    for (const name of ['delta.json', 'delta.json.p7s'])
      twice.set(`deltas/z/${name}`, twice.get(`${deltaDirectory}/${name}`)!);
    twice.set(`deltas/z/${deltaFile.patchUrl}`, patch);
    expect(await publish(twice)).toMatchObject({
      codes: ['THM2028'],
      deltas: [{ url: `${deltaDirectory}/delta.json` }],
    });
    expect(await publish(await deltaEntries({ from: '1.3.0' }))).toMatchObject({ codes: ['THM2027'], deltas: [] });
  });

  it('is held against the deltas that lie there', async () => {
    const check = async (entries: Entries): Promise<string[]> => {
      const disk = await onDisk(entries);
      const [releases, deltas] = [await scanReleases(disk, '/r'), await scanDeltas(disk, '/r')];
      const checks = await auditIndex(openMemorySource(entries), releases, deltas, testTrust(), nowMs);
      return checks!.checks.flatMap((each) => (each.ok ? [] : [each.code]));
    };
    const { entries } = await publish(await deltaEntries());
    expect(await check(entries)).toEqual([]);
    const other = await deltaEntries({ files: [] });
    const document = `${deltaDirectory}/delta.json`;
    expect(await check(new Map([...entries, [document, other.get(document)!]]))).toEqual(['INDEX_OTHER_DELTA']);
    entries.delete(document);
    expect(await check(entries)).toEqual(['INDEX_OTHER_DELTA']);
  });
});

describe('the audit of a delta', () => {
  it('passes one that is right, patch by patch', async () => {
    expect(await codesOf(await deltaEntries())).toEqual(['signature', 'chain', 'delta', 'patches']);
  });

  it.each<[string, (entries: Entries) => void, Partial<ReleaseDelta>?]>([
    ['DELTA_INVALID', (entries) => entries.set(`${deltaDirectory}/delta.json`, Buffer.from('{'))],
    ['DELTA_UNSIGNED', (entries) => entries.delete(`${deltaDirectory}/delta.json.p7s`)],
    ['DELTA_FROM', (entries) => entries.delete('themisdb-1.4.0/release.json')],
    ['DELTA_TO', (entries) => entries.delete('themisdb-1.5.0/release.json')],
    ['DELTA_BASE', () => {}, { files: [{ ...deltaFile, baseHash: 'f'.repeat(64) }] }],
    ['DELTA_PATCH_MISSING', (entries) => entries.delete(patchPath)],
    ['DELTA_PATCH_SIZE', (entries) => entries.set(patchPath, patch.subarray(1))],
    ['DELTA_PATCH_SIZE', (entries) => entries.set(patchPath, Buffer.concat([patch, patch]))],
    ['DELTA_PATCH_HASH', (entries) => entries.set(patchPath, patch.toReversed())],
  ])('says %s', async (code, damage, over) => {
    const entries = await deltaEntries(over);
    damage(entries);
    expect((await codesOf(entries)).filter((each) => /^[A-Z]/u.test(each))).toEqual([code]);
  });

  it('says DELTA_MISSING where the document goes between two looks', async () => {
    const entries = await deltaEntries();
    const disk = await onDisk(entries);
    const [releases, found] = [await scanReleases(disk, '/r'), await scanDeltas(disk, '/r')];
    entries.delete(`${deltaDirectory}/delta.json`);
    const given = { source: openMemorySource(entries), releases, trust: testTrust(), nowMs, verify: verifyDetached };
    expect(await auditDelta(found[0]!, given)).toMatchObject([{ ok: false, code: 'DELTA_MISSING' }]);
  });
});
