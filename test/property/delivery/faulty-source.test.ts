import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { NodeProgress } from '../../../src/model/message.ts';
import { fromSource, runDelivery, someBytes } from '../../support/node/delivery-run.ts';
import { FaultySource, type SourceFault } from '../../support/node/faulty-source.ts';
import { Fuse, fusedFileSystem } from '../../support/node/fuse.ts';
import { runs } from '../../support/runs.ts';

const at = fc.double({ min: 0, max: 1, noNaN: true });
const resumable: fc.Arbitrary<SourceFault> = fc.oneof(
  fc.record({
    kind: fc.constant('refuses' as const),
    code: fc.constantFrom('UNREACHABLE' as const, 'TIMEOUT' as const, 'RATE_LIMITED' as const, 'IO' as const),
  }),
  fc.record({ kind: fc.constantFrom('cuts' as const, 'no-size' as const), at }),
);
const fault: fc.Arbitrary<SourceFault> = fc.oneof(
  { weight: 3, arbitrary: resumable },
  fc.record({ kind: fc.constantFrom('ends' as const, 'no-validator' as const, 'other-content' as const), at }),
  fc.record({ kind: fc.constant('starts-over' as const), at, sameValidator: fc.boolean() }),
  fc.record({ kind: fc.constant('misses' as const), by: fc.integer({ min: -3, max: 500 }) }),
  fc.constantFrom<SourceFault>(
    { kind: 'lies' },
    { kind: 'longer' },
    { kind: 'shorter' },
    { kind: 'flips' },
    { kind: 'gone' },
  ),
);
const shape = {
  size: fc.integer({ min: 0, max: 900 }),
  chunkBytes: fc.integer({ min: 1, max: 200 }),
  resumeBlockBytes: fc.integer({ min: 1, max: 400 }),
  memoryBytes: fc.integer({ min: 1, max: 500 }),
};
const named = ['FILE_HASH_MISMATCH', 'FILE_MISSING', 'UNREACHABLE', 'TIMEOUT', 'RATE_LIMITED', 'IO'];

test('whatever a source does, what comes out is the right file or a named failure, and no byte is fetched twice but by its doing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ ...shape, plan: fc.array(fault, { maxLength: 8 }) }), async (given) => {
      const bytes = someBytes(given.size);
      const source = new FaultySource(new Map([['a', bytes]]), given.plan, given);
      const files = new MemoryFileSystem();
      let counted = 0;
      const deliveries = [fromSource('a', bytes, source)];
      const onProgress = ({ fetchedBytes = 0 }: NodeProgress) => (counted = fetchedBytes);
      const error = await outcome(runDelivery({ files, deliveries, settings: given, onProgress }));
      // What is told last is told when all is there.
      if (error === null) expect(counted).toBe(source.bytesSent);
      if (error === null) expect(await files.readFile('/root/tree/a')).toEqual(bytes);
      else {
        expect(named).toContain(error.code);
        expect(await files.lstat('/root/tree/a')).toBeNull();
      }
      // One byte tells a longer file; a chunk that is not of the file is dropped.
      expect(source.bytesSent).toBeLessThanOrEqual(bytes.length + source.bytesRepeated + given.chunkBytes);
    }),
    runs(20_000),
  );
});

test('cut off at any byte and as often as may be, all bytes come exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ ...shape, plan: fc.array(resumable, { maxLength: 20 }) }), async (given) => {
      const bytes = someBytes(given.size);
      const source = new FaultySource(new Map([['a', bytes]]), given.plan, given);
      const files = new MemoryFileSystem();
      const settings = { ...given, retries: 20 };
      await runDelivery({ files, deliveries: [fromSource('a', bytes, source)], settings });
      expect(await files.readFile('/root/tree/a')).toEqual(bytes);
      expect(source.bytesSent).toBe(bytes.length);
    }),
    runs(10_000),
  );
});

test('killed again and again, each kill costs at most a resume block and the chunk in hand of what is fetched', async () => {
  const kill = fc.record({ at: fc.integer({ min: 1, max: 60 }), power: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.record({ ...shape, kills: fc.array(kill, { maxLength: 6 }) }), async (given) => {
      const bytes = someBytes(given.size);
      const files = new MemoryFileSystem();
      let sent = 0;
      let kills = 0;
      for (const { at: moment, power } of given.kills) {
        const fuse = new Fuse({ at: moment, when: 'before', kind: 'kill' });
        const source = new FaultySource(new Map([['a', bytes]]), [], { ...given, fuse });
        const deliveries = [fromSource('a', bytes, source)];
        const fused = fusedFileSystem(files, fuse);
        const ended = await Promise.race([runDelivery({ files: fused, deliveries, settings: given }), fuse.died]);
        sent += source.bytesSent;
        if (ended === 'died' || power) kills += 1;
        if (power) files.crash();
      }
      const source = new FaultySource(new Map([['a', bytes]]), [], given);
      await runDelivery({ files, deliveries: [fromSource('a', bytes, source)], settings: given });
      expect(await files.readFile('/root/tree/a')).toEqual(bytes);
      const most = given.resumeBlockBytes + 2 * given.chunkBytes;
      expect(sent + source.bytesSent).toBeLessThanOrEqual(bytes.length + kills * most);
    }),
    runs(10_000),
  );
});

async function outcome(work: Promise<unknown>): Promise<ThemisError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof ThemisError) return error;
    throw error;
  }
}
