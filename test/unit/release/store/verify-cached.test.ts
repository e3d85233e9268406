import { describe, expect, it } from 'vitest';
import { createMemoryManifestStore } from '../../../../src/adapters/manifest-store/memory.ts';
import { ThemisError } from '../../../../src/kernel/error.ts';
import type { SignatureCache } from '../../../../src/ports/manifest-store.ts';
import { holdBack, verifyCached } from '../../../../src/release/store/verify-cached.ts';
import { type VerifyInput, verifyDetached } from '../../../../src/trust/cms/verify-detached.ts';
import * as pki from '../../../support/pki.ts';
import { testTrust } from '../../../support/releases.ts';

const content = Buffer.from('content');
const signature = pki.signedData(content);
const input: VerifyInput = { content, signature, trust: testTrust(), nowMs: pki.nowMs, profile: 'codeSigning' };

/** Looks that came through to the verifier. */
function counting() {
  const looks: number[] = [];
  const verify = (given: VerifyInput) => {
    looks.push(given.nowMs);
    return verifyDetached(given);
  };
  return { looks, verify };
}

const failing: SignatureCache = {
  get: async () => Promise.reject(new ThemisError('IO', 'broken')),
  put: async () => Promise.reject(new ThemisError('NO_SPACE', 'full')),
  prune: async () => Promise.reject(new ThemisError('TIMEOUT', 'busy')),
};

describe('verifyCached', () => {
  it('gives the same answer without a second look', async () => {
    const { signatures } = createMemoryManifestStore();
    const { looks, verify } = counting();
    const first = await verifyCached(signatures, input, verify);
    expect(first).toEqual(verifyDetached(input));
    expect(await verifyCached(signatures, { ...input, nowMs: pki.nowMs + 1 }, verify)).toEqual(first);
    expect(looks).toHaveLength(1);
  });

  it('says from when to when an answer holds: while every certificate does', () => {
    const verified = verifyDetached(input);
    if (!verified.ok) throw new Error(verified.message);
    const { chain, validFromMs, validUntilMs } = verified;
    expect(validFromMs).toBe(Math.max(...chain.map(({ notBeforeMs }) => notBeforeMs)));
    expect(validUntilMs).toBe(Math.min(...chain.map(({ notAfterMs }) => notAfterMs)));
    for (const [nowMs, ok] of [
      [validFromMs - 1, false],
      [validFromMs, true],
      [validUntilMs, true],
      [validUntilMs + 1, false],
    ] as const) {
      expect(verifyDetached({ ...input, nowMs }).ok).toBe(ok);
    }
    expect(structuredClone(verified)).toEqual(verified);
  });

  it('never answers from memory before or after that, even if its store would', async () => {
    const { signatures } = createMemoryManifestStore();
    const { looks, verify } = counting();
    const verified = await verifyCached(signatures, input, verify);
    if (!verified.ok) throw new Error(verified.message);
    const late = { ...input, nowMs: verified.validUntilMs + 1 };
    expect(await verifyCached(signatures, late, verify)).toMatchObject({ ok: false, code: 'ANCHOR_EXPIRED' });
    const early = { ...input, nowMs: verified.validFromMs - 1 };
    expect(await verifyCached(signatures, early, verify)).toMatchObject({ ok: false, code: 'ANCHOR_NOT_YET_VALID' });
    const careless: SignatureCache = { ...signatures, get: async (key) => signatures.get(key, pki.nowMs) };
    expect(await verifyCached(careless, late, verify)).toMatchObject({ ok: false });
    expect(looks).toHaveLength(4);
  });

  it('keeps no refusal, and looks again at anything that changed', async () => {
    const store = createMemoryManifestStore();
    const { looks, verify } = counting();
    const other = { ...input, content: Buffer.from('Content') };
    expect(await verifyCached(store.signatures, other, verify)).toMatchObject({ ok: false });
    expect(await store.statistics()).toMatchObject({ signatures: 0 });
    await verifyCached(store.signatures, input, verify);
    expect(await verifyCached(store.signatures, other, verify)).toMatchObject({ ok: false });
    const others = testTrust([pki.rootCertificate({ key: pki.keyPair('other root') })]);
    expect(await verifyCached(store.signatures, { ...input, trust: others }, verify)).toMatchObject({ ok: false });
    expect(looks).toHaveLength(4);
  });

  it('drops what is over when something new comes', async () => {
    const store = createMemoryManifestStore();
    await store.signatures.put({ key: 'sha256:x', verdict: {}, validFromMs: 0, validUntilMs: pki.nowMs - 1 });
    await verifyCached(store.signatures, input);
    expect(await store.statistics()).toMatchObject({ signatures: 1 });
  });

  it('verifies as ever when its memory fails, and lets bugs through', async () => {
    expect(await verifyCached(failing, input)).toEqual(verifyDetached(input));
    const broken: SignatureCache = { ...failing, get: async () => Promise.reject(new TypeError('bug')) };
    await expect(verifyCached(broken, input)).rejects.toThrow(TypeError);
  });
});

describe('holdBack', () => {
  it('answers from what it heard, and tells its store only when asked to', async () => {
    const store = createMemoryManifestStore();
    const held = holdBack(store.signatures);
    const { looks, verify } = counting();
    await verifyCached(held, input, verify);
    await verifyCached(held, input, verify);
    expect(await store.statistics()).toMatchObject({ signatures: 0 });
    await held.keep();
    await held.keep();
    expect(await store.statistics()).toMatchObject({ signatures: 1 });
    await verifyCached(holdBack(store.signatures), input, verify);
    expect(looks).toHaveLength(1);
  });

  it('is not disturbed by a store that cannot keep', async () => {
    const held = holdBack({ ...failing, get: async () => null });
    await verifyCached(held, input);
    await expect(held.keep()).resolves.toBeUndefined();
  });
});
