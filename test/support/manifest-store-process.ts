/**
 * A process of its own on one file of manifests. `write NAME COUNT`: puts COUNT versions of a package of its own, each
 * three times under growing payloads, forgets every fifth, and notes verdicts and downloads. `read STOP`: looks again and
 * again until the file STOP is there, holds every release against its own hash, and prints how many it saw.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteManifestStore } from '../../src/adapters/manifest-store/sqlite.ts';
import { digestBytes } from '../../src/kernel/digest.ts';
import { manifestHashOf } from '../../src/trust/policy/parse-manifest.ts';
import { storedRelease } from './stored-releases.ts';

const [file = '', job = '', name = '', count = '0'] = process.argv.slice(2);
const store = await openSqliteManifestStore(file);

if (job === 'write') {
  for (let index = 0; index < Number(count); index += 1) {
    let directory = '';
    for (let size = 1; size <= 3; size += 1) {
      const files = Object.fromEntries(
        Array.from({ length: size * 4 }, (_, at) => [`lib/${String(at).padStart(2, '0')}`, `${index} ${size}`]),
      );
      const release = storedRelease(`1.${index}.0`, { package: name, counter: index }, files);
      await store.put(release);
      ({ directory } = release);
    }
    const key = digestBytes(`${name} ${index}`);
    await store.signatures.put({ key, verdict: { name, index }, validFromMs: 0, validUntilMs: 10 });
    await store.downloads.put({ digest: key, path: `/${name}`, sizeBytes: index, stamp: '', verifiedAtMs: 0 });
    if (index % 5 === 4) {
      const grave = { title: directory, deletedAt: '2026-01-01T00:00:00Z', files: [], directories: [directory] };
      await store.bury([directory], grave);
    }
  }
} else {
  let seen = 0;
  for (let last = false; !last;) {
    last = existsSync(name);
    const releases = await store.find({});
    for (const { manifest } of releases) {
      if (manifestHashOf(manifest) !== manifest.manifestHash) throw new Error(`half of ${manifest.version} is there`);
    }
    const buried = new Set((await store.tombstones()).map(({ title }) => title));
    const back = (await store.find({})).find(({ directory }) => buried.has(directory));
    if (back !== undefined) throw new Error(`${back.directory} is there and buried`);
    seen += releases.length;
    // Looks without a pause would leave the writers no processor.
    await sleep(20);
  }
  process.stdout.write(`${seen}`);
}
await store.close();
