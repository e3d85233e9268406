import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { authority, newRelease, NodeWorld } from '../../support/node/node-world.ts';

const half = `/node/downloads/${newRelease.manifest.manifestHash.slice(7)}.part`;
const stage = { kind: 'stage', authority, releases: [newRelease.staged] } as const;

test.each([['/node/downloads/parts'], [half]])(
  'a link or a file at %s holds no staging up, and is not followed',
  async (place) => {
    for (const odd of ['link', 'file']) {
      const files = new MemoryFileSystem();
      const world = new NodeWorld(files);
      await world.init();
      await files.makeDirectory('/elsewhere');
      await files.writeFile('/elsewhere/mine', new Uint8Array(3), 0o644);
      if (odd === 'link') files.plantSymlink(place, '/elsewhere');
      else await files.writeFile(place, new Uint8Array(3), 0o644);
      expect((await world.result(stage)).kind).toBe('done');
      expect(await files.readDirectory('/elsewhere')).toEqual(['mine']);
      expect(await files.readDirectory('/node/downloads')).toEqual([newRelease.manifest.manifestHash.slice(7)]);
    }
  },
);
