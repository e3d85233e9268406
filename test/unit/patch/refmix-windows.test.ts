/** A target is made window by window, with as much of the code as is at hand: what comes out is what comes out at once. */
import { brotliCompressSync, constants } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openCompute } from '../../../src/adapters/compute/index.ts';
import { openWorkers } from '../../../src/apps/worker/open-workers.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ApplyGiven, PatchTasks } from '../../../src/patch/algorithm.ts';
import { refmix } from '../../../src/patch/refmix.ts';
import { decodePart } from '../../../src/patch/refmix/apply/decode-part.ts';
import { cutPieces, mapAddresses } from '../../../src/patch/refmix/address-map.ts';
import { finishWriting, startWriting } from '../../../src/patch/refmix/coder/bit-coder.ts';
import { type Container, type Segment, writeContainer } from '../../../src/patch/refmix/container.ts';
import { encodeSegment } from '../../../src/patch/refmix/make/encode.ts';
import { fillFromBase } from '../../../src/patch/refmix/fill-from-base.ts';
import { type Layout, noLayout } from '../../../src/patch/refmix/layout.ts';
import { modelBytes, startModel } from '../../../src/patch/refmix/model.ts';
import { codeSegment } from '../../../src/patch/refmix/segment.ts';
import { noHistory, startWalk } from '../../../src/patch/refmix/walk.ts';
import { noise } from '../../support/patch/kinds-of-files.ts';

const mebibyte = 2 ** 20;
const nothing = new Uint8Array();

type Rows = readonly (readonly [base: number, target: number, length: number, extra: number])[];

function containerOf(base: Uint8Array, rows: Rows, segments: readonly Segment[], layout = noLayout): Container {
  const column = (nth: 0 | 1 | 2 | 3): Int32Array => Int32Array.from(rows, (row) => row[nth]);
  const stretches = {
    entries: rows.length,
    basePosition: column(0),
    targetPosition: column(1),
    length: column(2),
    extra: column(3),
  };
  return { baseBytes: base.length, targetBytes: segments.at(-1)!.end, layout, stretches, segments };
}

/** The code of all segments, each written with the whole target in one piece, and everything mixed. */
function written(base: Uint8Array, target: Uint8Array, rows: Rows, ends: readonly number[], layout: Layout): Container {
  const empty = containerOf(base, rows, ends.map(segmentOf(nothing)), layout);
  const pieces = cutPieces(empty.stretches, layout);
  const map = mapAddresses(pieces, layout);
  const work = new Uint8Array(target.length);
  fillFromBase({ base, stretches: empty.stretches }, work, 0, 0, target.length);
  const segments = ends.map((end, nth) => {
    const from = ends[nth - 1] ?? 0;
    const coder = startWriting();
    const given = { coder, work, origin: 0, truth: target, from, to: end, map };
    const walk = startWalk(given, startModel(new ArrayBuffer(modelBytes(true)), true), noHistory);
    codeSegment(walk, { pieces, regions: layout.regions, hasLiterals: false }, from, end);
    return segmentOf(finishWriting(coder))(end);
  });
  return { ...empty, segments };
}

function segmentOf(code: Uint8Array): (end: number) => Segment {
  return (end) => ({ end, method: 'mixed', packed: nothing, code });
}

interface Applied {
  readonly bytes: Uint8Array;
  readonly reason: string | undefined;
  /** The most that buffers grew. */
  readonly heldBytes: number;
}

async function applied(base: Uint8Array, container: Container, given: Partial<ApplyGiven> = {}): Promise<Applied> {
  // As a node reads it: a Buffer, of which a slice is no copy.
  const patch = Buffer.from(writeContainer(container).buffer);
  const bytes = new Uint8Array(container.targetBytes);
  const before = process.memoryUsage().arrayBuffers;
  let heldBytes = 0;
  let made = 0;
  try {
    for await (const chunk of refmix.apply(base, patch, { targetBytes: container.targetBytes, ...given })) {
      bytes.set(chunk, made);
      made += chunk.length;
      heldBytes = Math.max(heldBytes, process.memoryUsage().arrayBuffers - before);
    }
    return { bytes, reason: undefined, heldBytes };
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'PATCH_INVALID') throw error;
    return { bytes, reason: error.message, heldBytes };
  }
}

const base = noise(1.3 * mebibyte, 256, 5);
const rows: Rows = [
  [0, 0, 500_000, 77],
  [900_000, 500_077, 300_001, 0],
  [3, 800_078, 3, 3000],
  [500_000, 803_081, 700_000, 5],
];
const layout = {
  base: [{ offset: 100, address: 0x40_0000, size: 1_200_000 }],
  target: [{ offset: 140, address: 0x40_2000, size: 1_400_000 }],
  moves: [{ address: 0x60_0000, size: 5000, shift: 64 }],
  regions: [
    { end: 400_001, stride: 24, anchor: 0x40_0100, anchorShift: 8 },
    { end: 1_048_577, stride: 7, anchor: 0, anchorShift: 0 },
  ],
};

describe('a target made in windows', () => {
  // Nothing around the end of a window is like the base: the code of that is more than goes to a worker at once.
  const target = new Uint8Array(1_503_086);
  fillFromBase(
    { base, stretches: containerOf(base, rows, [segmentOf(nothing)(1)]).stretches },
    target,
    0,
    0,
    target.length,
  );
  for (const [nth, from] of [499_000, 640_000, 990_000, 1_040_000].entries())
    target.set(noise(40_000, 256, nth + 6), from);
  const container = written(base, target, rows, [700_001, target.length], layout);

  it('is right across the ends of windows and of what is at hand of the code', async () => {
    expect(container.segments[1]!.code.length).toBeGreaterThan(70_000);
    const found = await applied(base, container);
    expect(found.reason).toBeUndefined();
    expect(Buffer.compare(found.bytes, target)).toBe(0);
  });

  it('is so with workers, whose buffers come and go', async () => {
    const compute = openWorkers(2);
    const found = await applied(base, container, { compute });
    await compute.close();
    expect(Buffer.compare(found.bytes, target)).toBe(0);
  });

  it('is given up by whoever wants no more of it, while two segments are at work', async () => {
    const compute = openWorkers(2);
    const chunks = refmix.apply(base, writeContainer(container), { targetBytes: target.length, compute });
    for await (const chunk of chunks) {
      expect(Buffer.compare(chunk, target.subarray(0, chunk.length))).toBe(0);
      break;
    }
    await compute.close();
  });
});

function packed(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

describe('what is held', () => {
  it('does not grow with a target that is packed', async () => {
    const target = Buffer.alloc(64 * mebibyte, noise(5000, 256, 2));
    const segment = { end: target.length, method: 'packed', packed: packed(target), code: nothing } as const;
    const found = await applied(nothing, containerOf(nothing, [[0, 0, 0, target.length]], [segment]));
    expect(Buffer.compare(found.bytes, target)).toBe(0);
    expect(found.heldBytes).toBeLessThan(32 * mebibyte);
  });

  it('is one model and one window, of a segment of any length', async () => {
    const zeros = new Uint8Array(12 * mebibyte);
    const segment = { end: zeros.length, method: 'mixed', packed: nothing, code: nothing } as const;
    const found = await applied(zeros, containerOf(zeros, [[0, 0, zeros.length, 0]], [segment]));
    expect(found.heldBytes).toBeLessThan(modelBytes(false) + 6 * mebibyte);
  });

  it('is, of the code, what a worker needs next, however long the patch is', async () => {
    const zeros = new Uint8Array(mebibyte);
    const segment = segmentOf(noise(4 * mebibyte, 256))(zeros.length);
    const sizes: number[] = [];
    const compute = openCompute<PatchTasks>({
      kind: 'inline',
      tasks: {
        'refmix-encode': encodeSegment,
        'refmix-decode': (task, context) => {
          sizes.push(task.code.buffer.byteLength);
          return decodePart(task, context);
        },
      },
    });
    const found = await applied(zeros, containerOf(zeros, [[0, 0, zeros.length, 0]], [segment]), { compute });
    expect(found.reason).toContain('more code than it needs');
    expect(Math.max(...sizes)).toBe(2 ** 16);
  });

  it('is freed after each of many segments', async () => {
    const ends = Array.from({ length: 16 }, (_, nth) => (nth + 1) * 1000);
    const segments = ends.map((end) => ({ end, method: 'mixed', packed: nothing, code: nothing }) as const);
    const found = await applied(nothing, containerOf(nothing, [[0, 0, 0, 16_000]], segments));
    expect(found.heldBytes).toBeLessThan(modelBytes(true) + 8 * mebibyte);
  });
});
