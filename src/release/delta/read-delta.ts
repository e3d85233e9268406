import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { verifyDetached } from '../../trust/cms/verify-detached.ts';
import {
  checkDeltaBytes,
  type CheckedDelta,
  checkSignedDelta,
  type DeltaExpectation,
} from '../../trust/policy/check-delta.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import type { Refusal } from '../../trust/refusal.ts';
import { readIfThere } from '../read-if-there.ts';
import type { Verify } from '../store/verify-cached.ts';

/** The `delta.json` at `url`, from the source, checked. Refusals are returned; only a source that fails throws. */
export async function readDelta(
  source: ReleaseSource,
  url: string,
  trust: TrustStore,
  expected: DeltaExpectation,
  nowMs: number,
  verify: Verify = verifyDetached,
): Promise<CheckedDelta | Refusal> {
  const content = await readIfThere(source, url, releaseLimits.deltaBytes);
  if (content === null) return { ok: false, code: 'DELTA_MISSING', message: `There is no ${url}.` };
  const signature = await readIfThere(source, signatureOf(url), releaseLimits.signatureBytes);
  const unfit = checkDeltaBytes(content, signature, expected);
  if (unfit !== undefined) return unfit;
  const verified = await verify({ content, signature: signature!, trust, nowMs, profile: 'codeSigning' });
  return checkSignedDelta(content, expected, verified);
}

function signatureOf(url: string): string {
  return `${url.slice(0, -releaseNames.delta.length)}${releaseNames.deltaSignature}`;
}
