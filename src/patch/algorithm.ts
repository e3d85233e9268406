/**
 * What a delta algorithm is: from the bytes of one file and a patch to those of another. Patches come from outside and
 * are hostile until the hash of what they make fits: `apply` never reads outside its inputs, never emits more than
 * `targetBytes`, and keeps within the memory it states, whatever the patch says.
 */
import type { DeltaAlgorithm } from '../model/delta.ts';
import type { Compute } from '../ports/compute.ts';
import type { Segment } from './refmix/container.ts';
import type { DecodedPart, DecodeTask } from './refmix/apply/decode-part.ts';
import type { EncodeTask } from './refmix/make/encode.ts';

export interface PatchAlgorithm<Id extends DeltaAlgorithm = DeltaAlgorithm> {
  readonly id: Id;
  readonly limits: PatchLimits;
  /** The patch. Equal inputs give equal bytes. Throws ThemisError USAGE beyond the limits, CANCELLED when aborted. */
  make(base: Uint8Array, target: Uint8Array, given: MakeGiven): Promise<Uint8Array>;
  /**
   * The target in order, in chunks the algorithm may reuse after the next one is asked for. Throws ThemisError
   * PATCH_INVALID for a patch that is not of this algorithm, reads or writes out of bounds, ends early or late, or
   * breaks a limit; that the target is right is for whoever hashes it.
   */
  apply(base: Uint8Array, patch: Uint8Array, given: ApplyGiven): AsyncIterable<Uint8Array>;
}

export interface PatchLimits {
  /** Larger files are not patched with this algorithm. */
  readonly baseBytes: number;
  readonly targetBytes: number;
  /** What `apply` holds at most beyond base and patch. */
  applyBytes(files: AppliedFiles): number;
}

export interface AppliedFiles {
  readonly baseBytes: number;
  readonly targetBytes: number;
  /** As it is given to `apply`. */
  readonly mayFreeBase?: boolean;
}

/** Parts that can run beside each other, by the name of their task; without `compute` they run here, one by one. */
export interface MakeGiven {
  readonly compute?: Compute<PatchTasks>;
  readonly signal?: AbortSignal;
}

export interface ApplyGiven {
  /** Exactly; signed. */
  readonly targetBytes: number;
  /**
   * Nobody reads the base any more: its memory may be given back as soon as the algorithm has what it needs of it, and
   * its buffer be detached. Not for a base that shares its buffer with anything.
   */
  readonly mayFreeBase?: boolean;
  readonly compute?: Compute<PatchTasks>;
  readonly signal?: AbortSignal;
}

/** Of the algorithms that split their work. Inputs and outputs are plain data and bytes (shared buffers are not copied). */
export interface PatchTasks {
  readonly 'refmix-encode': { readonly input: EncodeTask; readonly output: Segment };
  readonly 'refmix-decode': { readonly input: DecodeTask; readonly output: DecodedPart };
}
