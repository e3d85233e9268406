/** A delivery into a file system in memory, with nothing of a node around it. */
import { SimulatedClock } from '../../../src/adapters/clock/simulated.ts';
import { digestBytes, hexOf } from '../../../src/kernel/digest.ts';
import type { ReleaseFileType } from '../../../src/model/release.ts';
import { deliver, type Delivered, type Delivering } from '../../../src/node/delivery/deliver.ts';
import type { Content, Delivery, DeliverySettings, Origin } from '../../../src/node/delivery/delivery.ts';
import { createPlacing } from '../../../src/node/delivery/placing.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { FileSystem } from '../../../src/ports/file-system.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { FakeClock } from './fake-clock.ts';

export const usualDelivery: DeliverySettings = {
  concurrency: 8,
  perHost: 6,
  bandwidth: null,
  memoryBytes: 2 ** 20,
  patchMemoryBytes: 2 ** 30,
  resumeBlockBytes: 64,
  order: ['executable', 'library', 'config', 'data'],
  retries: 5,
  timeoutMs: 3_600_000,
  minimumRate: 0,
};

export function contentOf(bytes: Uint8Array): Content {
  return { sha256: hexOf(digestBytes(bytes)), sizeBytes: bytes.length };
}

export interface DeliveryRun {
  readonly files: FileSystem;
  readonly deliveries: readonly Delivery[];
  readonly settings?: Partial<DeliverySettings>;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly onProgress?: Delivering['onProgress'];
  readonly onFallback?: Delivering['onFallback'];
  readonly signal?: AbortSignal;
}

/** The directories `/root/tree` and `/root/parts` are made where they are not there. */
export async function runDelivery(run: DeliveryRun): Promise<Delivered> {
  const { files, deliveries } = run;
  const settings = { ...usualDelivery, ...run.settings };
  for (const directory of ['/root', '/root/tree', '/root/parts']) await files.makeDirectory(directory);
  for (const directory of ['/', '/root']) await files.syncDirectory(directory);
  const placing = createPlacing({ files, root: '/root', stepBytes: settings.resumeBlockBytes, isKnown: () => false });
  return await deliver(
    {
      files,
      clock: run.clock ?? new FakeClock(),
      random: run.random ?? (() => 0.5),
      settings,
      parts: '/root/parts',
      placing,
      onProgress: run.onProgress ?? (() => {}),
      onFallback: run.onFallback ?? (() => {}),
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    },
    deliveries,
  );
}

/** One that comes whole from a source, where it has the same path. */
export function fromSource(
  path: string,
  bytes: Uint8Array,
  source: ReleaseSource,
  type: ReleaseFileType = 'data',
): Delivery {
  return deliveryOf(path, bytes, [{ kind: 'source', source, path }], type);
}

export function deliveryOf(
  path: string,
  bytes: Uint8Array,
  origins: Delivery['origins'] | readonly [Origin],
  type: ReleaseFileType = 'data',
): Delivery {
  return { path, type, content: contentOf(bytes), targets: [`/root/tree/${path}`], origins };
}

/** Repeatable, and nowhere the same twice within a file. */
export function someBytes(length: number, seed = 1): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** A clock of its own that moves when nothing else happens. */
export async function onSimulatedClock<Result>(work: (clock: SimulatedClock) => Promise<Result>): Promise<Result> {
  const clock = new SimulatedClock();
  return await clock.runUntil(work(clock));
}
