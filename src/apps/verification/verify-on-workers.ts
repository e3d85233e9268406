/**
 * Verification that goes to workers once it is worth it. Starting one costs as much as verifying a hundred
 * signatures, so the first are verified here: a command that looks at one release never starts a thread.
 */
import type { Compute } from '../../ports/compute.ts';
import type { Verify } from '../../release/store/verify-cached.ts';
import { verifyDetached } from '../../trust/cms/verify-detached.ts';
import { trustDigest } from '../../trust/policy/cache-key.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { WorkerTasks } from '../worker/tasks/index.ts';
import type { TrustBytes } from '../worker/tasks/verify-signature.ts';

/** Measured by `npm run bench -- trust`: with fewer, two workers that have to start are no faster than one thread. */
const verifiedHereFirst = 256;

export function verifyOnWorkers(compute: Compute<WorkerTasks>, hereFirst = verifiedHereFirst): Verify {
  let asked = 0;
  return async (input) => {
    asked += 1;
    if (asked <= hereFirst) return verifyDetached(input);
    const { content, signature, trust, nowMs, profile, policies } = input;
    return compute.run('verify-signature', {
      content: ownBytes(content),
      signature: ownBytes(signature),
      trust: bytesOf(trust),
      nowMs,
      profile,
      ...(policies !== undefined && { policies }),
    });
  };
}

/** A view into a larger buffer would take all of that buffer along. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

const known = new WeakMap<TrustStore, TrustBytes>();

/** Shared with every worker instead of being copied for each question. */
function bytesOf(trust: TrustStore): TrustBytes {
  const bytes = known.get(trust) ?? {
    digest: trustDigest(trust),
    anchors: shared(trust.anchors.bytes),
    crls: trust.crls.map((list) => shared(list.bytes)),
  };
  known.set(trust, bytes);
  return bytes;
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
