import { ThemisError } from '../../../src/kernel/error.ts';
import type { ApplyGiven, PatchAlgorithm } from '../../../src/patch/algorithm.ts';

/** Everything `apply` makes, in one piece. More than `targetBytes` of it is an error of the algorithm, whatever the patch. */
export async function applyPatch(
  algorithm: PatchAlgorithm,
  base: Uint8Array,
  patch: Uint8Array,
  targetBytes: number,
  compute?: ApplyGiven['compute'],
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const given = { targetBytes, ...(compute === undefined ? {} : { compute }) };
  for await (const chunk of algorithm.apply(base, patch, given)) {
    size += chunk.length;
    if (size > targetBytes) throw new Error(`${algorithm.id} made ${size} bytes of ${targetBytes}`);
    chunks.push(chunk.slice());
  }
  return Buffer.concat(chunks);
}

/** `ok`, or the reason of the refusal. Anything but a refusal is a bug and goes on. */
export async function judgePatch(
  algorithm: PatchAlgorithm,
  base: Uint8Array,
  patch: Uint8Array,
  target: Uint8Array,
): Promise<string> {
  try {
    return Buffer.compare(await applyPatch(algorithm, base, patch, target.length), target) === 0 ? 'ok' : 'other bytes';
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'PATCH_INVALID') return error.reason ?? error.message;
    throw error;
  }
}
