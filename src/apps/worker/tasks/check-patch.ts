/** Applies a patch and compares what comes out with what it has to be, byte by byte. */
import { ThemisError } from '../../../kernel/error.ts';
import { patchAlgorithm } from '../../../patch/index.ts';
import type { DeltaTasks } from '../../../release/delta/find-patches.ts';

type Task = DeltaTasks['check-patch'];

export async function checkPatch({ algorithm, base, target, patch }: Task['input']): Promise<null> {
  let at = 0;
  for await (const chunk of patchAlgorithm(algorithm).apply(base, patch, { targetBytes: target.length })) {
    if (Buffer.compare(chunk, target.subarray(at, at + chunk.length)) !== 0)
      throw new ThemisError('PATCH_INVALID', `The ${algorithm} patch makes something else from byte ${at} on.`);
    at += chunk.length;
  }
  if (at === target.length) return null;
  throw new ThemisError('PATCH_INVALID', `The ${algorithm} patch makes ${at} of ${target.length} bytes.`);
}
