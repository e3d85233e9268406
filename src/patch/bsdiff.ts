/**
 * BSDIFF: stretches of the base with differences added to them, and bytes between (Percival 2003). Reads the classic
 * container of `bsdiff` and `bspatch` (bsdiff/classic.ts) and writes an own one (bsdiff/container.ts), which is smaller,
 * several times as fast to apply, and applied in a memory that no patch can raise. The one to take for speed.
 */
import { ThemisError } from '../kernel/error.ts';
import type { ApplyGiven, MakeGiven, PatchAlgorithm } from './algorithm.ts';
import { type Alignment, align } from './alignment.ts';
import { classicMagic, readClassic, writeClassic } from './bsdiff/classic.ts';
import { ownMagic, readOwn, writeOwn } from './bsdiff/container.ts';
import { type PatchParts, rebuild } from './bsdiff/rebuild.ts';
import { refuseBsdiff } from './bsdiff/refuse.ts';

const mib = 2 ** 20;
const limits = { baseBytes: 512 * mib, targetBytes: 512 * mib, applyBytes: () => 64 * mib } as const;

export const bsdiff: PatchAlgorithm<'BSDIFF'> = { id: 'BSDIFF', limits, make, apply };

/** The container that `bspatch` reads. Throws USAGE beyond the limits. */
export function makeClassicBsdiff(base: Uint8Array, target: Uint8Array): Uint8Array {
  return writeClassic(base, target, alignWithinLimits(base, target));
}

async function make(base: Uint8Array, target: Uint8Array, { signal }: MakeGiven): Promise<Uint8Array> {
  refuseWhenAborted(signal, 'Making');
  return await writeOwn(base, target, alignWithinLimits(base, target), signal);
}

// oxlint-disable-next-line typescript/require-await -- the contract of algorithms is asynchronous
async function* apply(
  base: Uint8Array,
  patch: Uint8Array,
  { targetBytes, signal }: ApplyGiven,
): AsyncGenerator<Uint8Array> {
  for (const chunk of rebuild(base, readParts(base, patch, targetBytes), targetBytes)) {
    refuseWhenAborted(signal, 'Applying');
    yield chunk;
  }
}

function alignWithinLimits(base: Uint8Array, target: Uint8Array): Alignment {
  if (base.length > limits.baseBytes || target.length > limits.targetBytes)
    throw new ThemisError('USAGE', `BSDIFF is for files of at most ${limits.targetBytes} bytes.`);
  return align(base, target);
}

function readParts(base: Uint8Array, patch: Uint8Array, targetBytes: number): PatchParts {
  if (base.length > limits.baseBytes || targetBytes > limits.targetBytes) throw refuseBsdiff('its files are too large');
  if (beginsWith(patch, ownMagic)) return readOwn(base.length, patch, targetBytes);
  if (beginsWith(patch, classicMagic)) return readClassic(patch, targetBytes);
  throw refuseBsdiff('it begins as neither container does');
}

function refuseWhenAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new ThemisError('CANCELLED', `${what} a patch was cancelled.`);
}

function beginsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}
