/**
 * Verification with a memory: what was accepted once is accepted again without another look, as long as nothing it
 * depends on changed (the key) and the time stays within what the answer itself allows. Refusals are not kept. A memory
 * that fails is no reason to refuse, nor to accept: then the signature is verified as if there were none.
 */
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { CachedVerdict, SignatureCache } from '../../ports/manifest-store.ts';
import { type Verified, type VerifyInput, verifyDetached } from '../../trust/cms/verify-detached.ts';
import { verificationKey } from '../../trust/policy/cache-key.ts';
import type { Refusal } from '../../trust/refusal.ts';

export type Verification = (Verified & { readonly ok: true }) | Refusal;

/** `verifyDetached` itself, or wherever it is carried out. */
export type Verify = (input: VerifyInput) => Verification | Promise<Verification>;

export async function verifyCached(
  signatures: SignatureCache,
  input: VerifyInput,
  verify: Verify = verifyDetached,
): Promise<Verification> {
  const key = verificationKey(input);
  const known = await recall(signatures, key, input.nowMs);
  if (known !== null) return { ...known, ok: true };
  const verification = await verify(input);
  if (verification.ok) await remember(signatures, key, verification, input.nowMs);
  return verification;
}

/** A memory that looks into another one, and tells it what is new only when asked to. */
export interface HeldSignatures extends SignatureCache {
  /** Never throws a ThemisError: what cannot be kept is verified again. */
  keep(): Promise<void>;
}

/** For whoever may write nothing before a release was accepted as a whole, payload and all. */
export function holdBack(kept: SignatureCache): HeldSignatures {
  const held = new Map<Digest, CachedVerdict>();
  let prunedAtMs = -Infinity;
  return {
    get: async (key, nowMs) => held.get(key) ?? kept.get(key, nowMs),
    put: async (entry) => void held.set(entry.key, entry),
    prune: async (nowMs) => ((prunedAtMs = Math.max(prunedAtMs, nowMs)), 0),
    async keep() {
      try {
        if (held.size > 0) await kept.prune(prunedAtMs);
        for (const entry of held.values()) await kept.put(entry);
        held.clear();
      } catch (error) {
        forgetful(error);
      }
    },
  };
}

async function recall(signatures: SignatureCache, key: Digest, nowMs: number): Promise<Verified | null> {
  try {
    const entry = await signatures.get(key, nowMs);
    // Whatever a store answers, the bounds are those of the verdict.
    if (entry === null || nowMs < entry.validFromMs || nowMs > entry.validUntilMs) return null;
    return isAnswer(entry) ? (entry.verdict as unknown as Verified) : null;
  } catch (error) {
    return forgetful(error);
  }
}

/** Of the shape that was put, and of the span it stands under. */
function isAnswer({ verdict, validFromMs, validUntilMs }: CachedVerdict): boolean {
  const { signer, chain, anchor, cosigners } = verdict;
  const isWhole =
    isJsonObject(signer) && Array.isArray(chain) && typeof anchor === 'string' && Array.isArray(cosigners);
  return isWhole && verdict['validFromMs'] === validFromMs && verdict['validUntilMs'] === validUntilMs;
}

async function remember(
  signatures: SignatureCache,
  key: Digest,
  verified: Verified & { readonly ok: true },
  nowMs: number,
): Promise<void> {
  const { ok: _, ...verdict } = verified;
  const { validFromMs, validUntilMs } = verdict;
  try {
    await signatures.prune(nowMs);
    await signatures.put({ key, verdict: verdict as unknown as JsonObject, validFromMs, validUntilMs });
  } catch (error) {
    forgetful(error);
  }
}

function forgetful(error: unknown): null {
  if (error instanceof ThemisError) return null;
  throw error;
}
