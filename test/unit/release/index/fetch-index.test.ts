import { describe, expect, it } from 'vitest';
import { ThemisError } from '../../../../src/kernel/error.ts';
import { fetchIndex, type KnownIndex } from '../../../../src/release/index/changes/fetch-index.ts';
import { diffIndexes, encodeIndexDelta } from '../../../../src/release/index/changes/index-delta.ts';
import { entryOf, farSource, indexOf } from '../../../support/delta/index-fixture.ts';

const many = (from: number, to: number): ReturnType<typeof entryOf>[] =>
  Array.from({ length: to - from }, (_, position) => entryOf('themisdb', `1.${from + position}.0`));
const older = indexOf(1, many(0, 20));
const newer = indexOf(2, many(0, 22));
const changesPath = `index/${older.digest.slice(7)}.delta.json`;
const nothingPath = `index/${newer.digest.slice(7)}.delta.json`;

const sign = (bytes: Uint8Array): Uint8Array => Buffer.from(`signed ${Buffer.from(bytes).toString('base64')}`);
const holds = (bytes: Uint8Array, signature: Uint8Array): boolean => Buffer.from(sign(bytes)).equals(signature);

function published(): Map<string, Uint8Array> {
  return new Map([
    ['index.json', newer.bytes],
    ['index.json.p7s', sign(newer.bytes)],
    [changesPath, encodeIndexDelta(diffIndexes(older, newer))],
    [nothingPath, encodeIndexDelta(diffIndexes(newer, newer))],
  ]);
}

const knownOf = ({ bytes }: typeof older): KnownIndex => {
  return { bytes, signature: sign(bytes), validators: { index: null, signature: null } };
};

const whole = ['index.json: bytes', 'index.json.p7s: bytes'];

describe('fetching an index', () => {
  it('reads the whole where nothing is known, then what changed, then that nothing did, in fewer and fewer bytes', async () => {
    const source = farSource(published());
    expect(await fetchIndex(source, null, holds)).toMatchObject({ way: 'full', bytes: newer.bytes });
    expect(source.asked.splice(0)).toEqual(whole);
    const merged = await fetchIndex(source, knownOf(older), holds);
    expect(merged).toMatchObject({ way: 'merged', bytes: newer.bytes, signature: sign(newer.bytes) });
    expect(source.asked.splice(0)).toEqual(['index.json.p7s: bytes', 'changes: bytes']);
    // As long as the signature is the same, so is what it is over.
    const same = await fetchIndex(source, merged, holds);
    expect(same).toMatchObject({ way: 'unchanged', bytes: newer.bytes, signature: sign(newer.bytes) });
    expect(source.asked.splice(0)).toEqual(['index.json.p7s: unchanged']);
    expect(await fetchIndex(source, same, holds)).toEqual(same);
  });

  it('is one request as well where it was signed anew, or is known without its signature', async () => {
    const source = farSource(published());
    for (const signature of [null, sign(Buffer.from('other'))]) {
      const known = { ...knownOf(newer), signature };
      expect(await fetchIndex(source, known, holds)).toMatchObject({ way: 'unchanged', signature: sign(newer.bytes) });
      expect(source.asked.splice(0)).toEqual(['index.json.p7s: bytes']);
    }
  });

  it('reads the whole where changes are not kept', async () => {
    const files = published();
    files.delete(changesPath);
    const source = farSource(files);
    const full = await fetchIndex(source, knownOf(older), holds);
    expect(full).toMatchObject({ way: 'full', bytes: newer.bytes });
    expect(source.asked.splice(0)).toEqual(['index.json.p7s: bytes', 'changes: NOT_FOUND', 'index.json: bytes']);
    expect(await fetchIndex(source, full, holds)).toMatchObject({ way: 'unchanged' });
    expect(source.asked).toEqual(['index.json.p7s: unchanged']);
  });

  it('reads the whole where nothing is far away', async () => {
    const source = { ...farSource(published()), host: '' };
    expect(await fetchIndex(source, knownOf(older), holds)).toMatchObject({ way: 'full' });
    expect(source.asked).toEqual(whole);
  });

  const delta = diffIndexes(older, newer);
  const entries = delta.entries;
  const hostile: Record<string, Uint8Array> = {
    'is not JSON': Buffer.from('{'),
    'is of another index': encodeIndexDelta({ ...delta, from: newer.digest }),
    'promises another index': encodeIndexDelta({ ...delta, to: `sha256:${'0'.repeat(64)}` }),
    'leads to an older index that was signed once': encodeIndexDelta(diffIndexes(older, indexOf(3, many(0, 5)))),
    'says that nothing changed': encodeIndexDelta(diffIndexes(older, older)),
    'adds what is there': encodeIndexDelta({ ...delta, entries: { ...entries, added: [older.index.entries[0]!] } }),
    'adds a thing twice': encodeIndexDelta({
      ...delta,
      entries: { ...entries, added: [...entries.added, ...entries.added] },
    }),
    'removes what is not there': encodeIndexDelta({
      ...delta,
      entries: { ...entries, removed: [{ package: 'x', version: '1.0.0', platform: 'any', architecture: 'any' }] },
    }),
    'changes what is not there': encodeIndexDelta({
      ...delta,
      entries: { ...entries, changed: [entryOf('x', '1.0.0')] },
    }),
    'is larger than what it changes': Buffer.concat([
      encodeIndexDelta(delta),
      Buffer.alloc(older.bytes.length + (1 << 16), ' '),
    ]),
  };
  it.each(Object.entries(hostile))('reads the whole where the changes document %s', async (_, bytes) => {
    const files = published();
    files.set(changesPath, bytes);
    const source = farSource(files);
    expect(await fetchIndex(source, knownOf(older), holds)).toMatchObject({ way: 'full', bytes: newer.bytes });
    expect(source.asked.at(-1)).toBe('index.json: bytes');
  });

  it('believes no source that says of what it never sent that it is still the same', async () => {
    const source = farSource(published());
    const lying = { ...source, readChanged: async () => ({ kind: 'unchanged' as const }) };
    await expect(fetchIndex(lying, knownOf(older), holds)).resolves.toMatchObject({ bytes: older.bytes });
    await expect(fetchIndex(lying, { ...knownOf(older), signature: null }, holds)).rejects.toMatchObject({
      code: 'IO',
    });
    const stale = { ...knownOf(older), signature: sign(Buffer.from('other')) };
    await expect(fetchIndex(lying, stale, holds)).rejects.toMatchObject({ code: 'IO' });
  });

  it('has the signature of what was signed while it was read', async () => {
    const files = published();
    files.delete(changesPath);
    files.set('index.json.p7s', sign(Buffer.from('in between')));
    const far = farSource(files);
    const meanwhile: typeof far = {
      ...far,
      async readChanged(path, limitBytes, known) {
        const read = await far.readChanged(path, limitBytes, known);
        if (path === 'index.json') files.set('index.json.p7s', sign(newer.bytes));
        return read;
      },
    };
    expect(await fetchIndex(meanwhile, knownOf(older), holds)).toMatchObject({ signature: sign(newer.bytes) });
    expect(far.asked).toEqual(['index.json.p7s: bytes', 'changes: NOT_FOUND', ...whole]);
  });

  it('asks four times at most, whatever is in the way', async () => {
    const files = published();
    files.set('index.json.p7s', sign(Buffer.from('other')));
    const asked = async (known: KnownIndex): Promise<readonly string[]> => {
      const source = farSource(files);
      await fetchIndex(source, known, holds);
      return source.asked;
    };
    expect(await asked(knownOf(older))).toEqual(['index.json.p7s: bytes', 'changes: bytes', ...whole]);
    const full = await fetchIndex(farSource(files), null, holds);
    expect(await asked(full)).toEqual(['index.json.p7s: unchanged', 'index.json: unchanged', 'index.json.p7s: bytes']);
    files.delete('index.json.p7s');
    expect(await asked(full)).toEqual(['index.json.p7s: NOT_FOUND', 'index.json: unchanged']);
  });

  it('returns an index without a signature as that, and ends where the source does not answer', async () => {
    const files = published();
    files.delete('index.json.p7s');
    expect(await fetchIndex(farSource(files), knownOf(older), holds)).toMatchObject({ way: 'full', signature: null });
    expect(await fetchIndex(farSource(files), null, holds)).toMatchObject({ way: 'full', signature: null });
    const down = { ...farSource(files), readChanged: () => Promise.reject(new ThemisError('TIMEOUT', 'slow')) };
    await expect(fetchIndex(down, knownOf(older), holds)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(fetchIndex(farSource(new Map()), knownOf(older), holds)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
