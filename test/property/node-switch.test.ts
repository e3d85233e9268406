import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import { caseCollisions } from '../../src/kernel/path-guard.ts';
import { Fuse } from '../support/node/fuse.ts';
import type { Fault } from '../support/node/fuse.ts';
import { authority, NodeWorld } from '../support/node/node-world.ts';
import { makeRelease } from '../support/node/releases.ts';
import { runs } from '../support/runs.ts';

/** Few names and contents, so that files meet directories, move, stay, and share bytes. */
const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const content = fc.tuple(fc.constantFrom('', 'one', 'two', 'three'), fc.constantFrom('0644', '0755', '0400'));
const tree = fc
  .dictionary(path, content, { maxKeys: 6 })
  .filter((files) => caseCollisions(Object.keys(files)).length === 0);
const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 120 }),
  when: fc.constantFrom('before', 'after'),
  kind: fc.constantFrom('kill', 'fail', 'full'),
});

test('whatever changes and wherever it is cut off, recovery leaves one whole version, and never starts another', async () => {
  await fc.assert(
    fc.asyncProperty(tree, tree, fault, fc.boolean(), async (before, after, fault, power) => {
      const files = new MemoryFileSystem();
      const world = new NodeWorld(files);
      await world.init();
      const [v1, v2] = [
        makeRelease({ version: '1.0.0', files: before }),
        makeRelease({ version: '1.1.0', files: after }),
      ];
      world.offer(v1);
      world.offer(v2);
      await world.install(v1);
      await world.result({ kind: 'stage', authority, releases: [v2.staged] });
      const old = await world.tree();
      const clean = new NodeWorld(files.clone());
      clean.service.running = true;
      const request = world.updateTo(v2, { themisdb: v1.manifest.manifestHash });
      await clean.result(request);
      const whole = [old, await clean.tree()];
      const started: string[] = [];
      world.service.onStart = async () => void started.push(await world.served());

      const fuse = new Fuse(fault);
      await Promise.race([world.ask(request, fuse), fuse.died]);
      if (power) files.crash();
      else files.releaseLocks();
      if (power) world.service.running = false;
      await world.ask({ kind: 'recover', authority: null });

      expect(whole).toContain(await world.tree());
      for (const one of started) expect(whole).toContain(one);
      const node = await world.observe(true);
      expect(node).toMatchObject({ drift: [], operation: null });
      const back = { kind: 'rollback', authority, operation: 'back', keep: null, healthTimeoutMs: 1000 } as const;
      if (node.packages['themisdb']?.version === '1.1.0') {
        await world.result({ ...back, restorePoint: 'before-1.1.0' });
        expect(await world.tree()).toBe(old);
      }
    }),
    runs(4000),
  );
});
