/** What may lie where a part is to be, by whatever hand: it holds nothing up, and nobody writes through it. */
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../../src/adapters/file-system/memory.ts';
import { removeParts } from '../../../../src/node/delivery/parts/part-file.ts';
import { contentOf, deliveryOf, fromSource, runDelivery, someBytes } from '../../../support/node/delivery-run.ts';
import { FaultySource, type SourceFault } from '../../../support/node/faulty-source.ts';

const bytes = someBytes(300);
const { sha256 } = contentOf(bytes);
const part = `/root/parts/${sha256}.part`;
const victim = '/root/victim';
const sourceOf = (...plan: SourceFault[]) => new FaultySource(new Map([['a', bytes]]), plan);

/** A file of somebody else, and what an earlier run left of the content. */
async function begun(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem();
  const deliveries = [fromSource('a', bytes, sourceOf({ kind: 'cuts', at: 0.5 }))];
  await expect(runDelivery({ files, deliveries, settings: { retries: 0 } })).rejects.toMatchObject({
    code: 'UNREACHABLE',
  });
  await files.writeFile(victim, new TextEncoder().encode('mine'), 0o644);
  return files;
}

type Odd = (files: MemoryFileSystem, path: string) => void | Promise<void>;
const odd: Record<string, Odd> = {
  'a symbolic link': (files, path) => files.plantSymlink(path, victim),
  'a symbolic link to nowhere': (files, path) => files.plantSymlink(path, '/root/nowhere'),
  'a directory that holds something': async (files, path) => {
    await files.makeDirectory(path);
    await files.writeFile(`${path}/x`, new Uint8Array(3), 0o644);
  },
  'another name of a file of somebody else': (files, path) => files.plantHardLink(path, victim),
};

for (const place of [part, `${part}.log`, `${part}.log.new`]) {
  test.each(Object.entries(odd))(`%s at ${place.replace(/^.*?\./u, '.')}`, async (_what, plant) => {
    for (const from of ['begun', 'nothing']) {
      const files = await begun();
      if (from === 'nothing') for (const name of [part, `${part}.log`]) await files.removeFile(name);
      await files.removeTree(place);
      await plant(files, place);
      const source = sourceOf({ kind: 'cuts', at: 0.9 });
      await runDelivery({ files, deliveries: [fromSource('a', bytes, source)] });
      expect(await files.readFile('/root/tree/a')).toEqual(bytes);
      await removeParts(files, '/root/parts', new Set([sha256]));
      expect(await files.readDirectory('/root/parts')).toEqual([]);
      expect(new TextDecoder().decode(await files.readFile(victim))).toBe('mine');
      expect(await files.lstat(victim)).toMatchObject({ mode: 0o644, links: 1 });
    }
  });
}

test.each(Object.entries(odd))('%s where a copy is to be', async (_what, plant) => {
  const files = await begun();
  const deliveries = [{ ...fromSource('a', bytes, sourceOf()), targets: ['/root/tree/a', '/root/tree/b'] as const }];
  await plant(files, part.replace(/part$/u, 'copy'));
  await runDelivery({ files, deliveries });
  expect(await files.readFile('/root/tree/b')).toEqual(bytes);
  expect(new TextDecoder().decode(await files.readFile(victim))).toBe('mine');
});

test.each(Object.entries(odd))('%s where something is made', async (_what, plant) => {
  const files = await begun();
  await plant(files, part.replace(/part$/u, 'made'));
  async function* make() {
    yield bytes;
  }
  const made = { kind: 'made', name: 'patch', needs: [], memoryBytes: 0, make } as const;
  await runDelivery({ files, deliveries: [deliveryOf('a', bytes, [made])] });
  expect(await files.readFile('/root/tree/a')).toEqual(bytes);
  expect(new TextDecoder().decode(await files.readFile(victim))).toBe('mine');
});

test('a part with a second name is what another keeps of it: that stays, and the file comes anew', async () => {
  const files = await begun();
  const kept = await files.readFile(part);
  expect(kept.length).toBeGreaterThan(100);
  files.plantHardLink('/root/backup', part);
  const source = sourceOf();
  await runDelivery({ files, deliveries: [fromSource('a', bytes, source)] });
  expect(source.bytesSent).toBe(300);
  expect(await files.readFile('/root/backup')).toEqual(kept);
});
