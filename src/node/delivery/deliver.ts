/**
 * The pipeline: every delivery is fetched, hashed, made durable and put in its place beside all others, most urgent
 * first, under one budget of lanes, bandwidth and memory. The first one that cannot be had ends all of them at once, and
 * so does whoever cancels it; this ends when nothing of it is under way any more.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { NodeProgress } from '../../model/message.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import { eachBounded } from '../state/each-bounded.ts';
import { bring } from './bring.ts';
import { cancelled } from './cancellable-source.ts';
import { createWaitNotes } from './come-back.ts';
import type { Delivery, DeliverySettings, Origin, Run, Wanted } from './delivery.ts';
import { createBandwidth } from './flow/bandwidth.ts';
import { createLanes } from './flow/lanes.ts';
import { createMemory } from './flow/memory.ts';
import { createMeter, type FileMeter } from './meter.ts';
import { inOrder } from './order.ts';
import { partPath } from './parts/part-file.ts';
import type { Placing } from './placing.ts';

export interface Delivering {
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: DeliverySettings;
  /** Absolute: a directory for what is under way. It is there, and other runs may have left something in it. */
  readonly parts: string;
  readonly placing: Placing;
  readonly onProgress: (progress: NodeProgress) => void;
  /** A way did not work out and the next one is tried. */
  readonly onFallback: (fallback: Fallback) => void;
  /** Ends it with CANCELLED; what has come stays. */
  readonly signal?: AbortSignal;
}

export interface Fallback {
  readonly path: string;
  readonly origin: Origin;
  readonly error: ThemisError;
}

export interface Delivered {
  readonly fetchedBytes: number;
  readonly reusedBytes: number;
}

/** At once, beside the transfers. */
const atOnce = { disk: 4, finishing: 3, making: 2 } as const;

/** Throws what ended it: FILE_HASH_MISMATCH, FILE_MISSING, CANCELLED, or a fault of a source or of this machine's disk. */
export async function deliver(given: Delivering, deliveries: readonly Delivery[]): Promise<Delivered> {
  const stop = new AbortController();
  const run = openRun(given, deliveries, stop.signal);
  let failed: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failed ??= { error };
    stop.abort(error);
  };
  const cancel = (): void => fail(cancelled());
  if (given.signal?.aborted === true) cancel();
  given.signal?.addEventListener('abort', cancel, { once: true });
  const { concurrency } = given.settings;
  // Of each host as many as fill its lanes while others are being finished: a full host holds up no other.
  const lines = [...byHost(inOrder(deliveries, given.settings.order)).values()].map((line) =>
    eachBounded(line, concurrency + atOnce.finishing, async ({ delivery, rank }) => {
      if (!stop.signal.aborted) await deliverOne(run, given, delivery, rank).catch(fail);
    }),
  );
  await Promise.all(lines);
  given.signal?.removeEventListener('abort', cancel);
  await given.placing.settled().catch((error: unknown) => (failed ??= { error }));
  run.meter.end();
  if (failed !== undefined) throw failed.error;
  for (const sha256 of run.needs.keys()) await run.files.removeFile(partPath(run.parts, sha256, 'need'));
  return run.meter.totals();
}

interface Ranked {
  readonly delivery: Delivery;
  readonly rank: number;
}

/** By the host that is asked when nothing else helps. */
function byHost(deliveries: readonly Delivery[]): ReadonlyMap<string, readonly Ranked[]> {
  const lines = new Map<string, Ranked[]>();
  for (const [rank, delivery] of deliveries.entries()) {
    const last = delivery.origins.at(-1)!;
    const host = last.kind === 'source' ? last.source.host : '';
    const line = lines.get(host);
    if (line === undefined) lines.set(host, [{ delivery, rank }]);
    else line.push({ delivery, rank });
  }
  return lines;
}

function openRun(given: Delivering, deliveries: readonly Delivery[], signal: AbortSignal): Run {
  const { files, clock, random, settings, parts, onProgress } = given;
  const totalBytes = deliveries.reduce((sum, { content, targets }) => sum + content.sizeBytes * targets.length, 0);
  const own = (total: number) => createLanes({ total, perHost: total });
  return {
    files,
    clock,
    random,
    settings,
    parts,
    signal,
    lanes: createLanes({ total: settings.concurrency, perHost: settings.perHost }),
    disk: own(atOnce.disk),
    finishing: own(atOnce.finishing),
    making: own(atOnce.making),
    bandwidth: createBandwidth(clock, settings.bandwidth),
    memory: createMemory(settings.memoryBytes),
    patchMemory: createMemory(settings.patchMemoryBytes),
    meter: createMeter(clock, totalBytes, onProgress),
    noteWait: createWaitNotes(clock, onProgress),
    needs: new Map(),
  };
}

async function deliverOne(run: Run, given: Delivering, delivery: Delivery, rank: number): Promise<void> {
  const { placing } = given;
  const { path: title, content, targets } = delivery;
  const [first] = targets;
  const wanted: Wanted = { title, statedBy: 'the manifest', content, rank };
  for (const [index, target] of targets.entries()) {
    const meter = run.meter.file(title, content.sizeBytes, true);
    try {
      if (await isThere(run, placing, wanted, target)) run.meter.reused(content.sizeBytes);
      else {
        const origins: Delivery['origins'] = index === 0 ? delivery.origins : [{ kind: 'copy', path: first }];
        await placing.place(await bringAnyhow(run, given, wanted, origins, meter), target, content);
      }
    } finally {
      meter.end();
    }
    run.meter.placed(content.sizeBytes);
  }
}

/** What an earlier run put there. */
async function isThere(run: Run, placing: Placing, { content, rank }: Wanted, target: string): Promise<boolean> {
  const { leave } = await run.disk.enter(rank, '', run.signal);
  try {
    return await placing.isThere(target, content);
  } finally {
    leave();
  }
}

async function bringAnyhow(
  run: Run,
  { onFallback }: Delivering,
  wanted: Wanted,
  origins: Delivery['origins'],
  meter: FileMeter,
): Promise<string> {
  for (const origin of origins.slice(0, -1)) {
    try {
      return await bring(run, wanted, origin, meter);
    } catch (error) {
      if (!givesWay(error) || run.signal.aborted) throw error;
      onFallback({ path: wanted.title, origin, error });
    }
  }
  return bring(run, wanted, origins.at(-1)!, meter);
}

/** Another way may help: a full disk is full for all of them, and a bug is to be seen. */
function givesWay(error: unknown): error is ThemisError {
  return error instanceof ThemisError && error.code !== 'NO_SPACE' && error.code !== 'BUG';
}
