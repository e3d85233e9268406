import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ecdsaToDer } from '../../../../src/apps/signer/ecdsa-der.ts';
import { parsePrivateKeys, parseTokens } from '../../../../src/apps/signer/token-text.ts';

describe('what pkcs11-tool prints', () => {
  it('about slots becomes tokens, initialised or not', () => {
    const text = `Available slots:
Slot 0 (0x43a8da82): SoftHSM slot ID 0x43a8da82
  token label        : t: one
  token manufacturer : SoftHSM project
  token flags        : login required, rng, token initialized, PIN initialized, user PIN locked
Slot 1 (0x1): SoftHSM slot ID 0x1
  token state:   uninitialized
Slot 2 (0x2): Reader
  (empty)
`;
    expect(parseTokens(text)).toEqual([
      {
        slot: '0x43a8da82',
        label: 't: one',
        flags: ['login required', 'rng', 'token initialized', 'PIN initialized', 'user PIN locked'],
      },
      { slot: '0x1', label: null, flags: [''] },
      { slot: '0x2', label: null, flags: [''] },
    ]);
  });

  it('about objects becomes private keys, with or without an ID', () => {
    const text = `Using slot 0 with a present token (0x43a8da82)
Private Key Object; RSA 
  label:      releases
  ID:         0a:0b
  Usage:      decrypt, sign
Public Key Object; RSA 2048 bits
  label:      releases
  ID:         ff
Private Key Object; EC
  label:      other
`;
    expect(parsePrivateKeys(text)).toEqual([
      { type: 'RSA', label: 'releases', id: '0a0b' },
      { type: 'EC', label: 'other', id: null },
    ]);
  });
});

describe('an ECDSA signature as a token gives it', () => {
  it('is in DER what node:crypto verifies, whatever its leading bits', () => {
    for (const [namedCurve, hash] of [
      ['P-256', 'sha256'],
      ['P-384', 'sha384'],
    ] as const) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      for (let run = 0; run < 40; run += 1) {
        const raw = sign(hash, Buffer.of(run), { key: privateKey, dsaEncoding: 'ieee-p1363' });
        expect(verify(hash, Buffer.of(run), createPublicKey(privateKey), ecdsaToDer(raw))).toBe(true);
      }
    }
  });

  it.each([
    ['0001', '7fff', '300702010102027fff'],
    ['00ff', '8000', '3009020200ff0203008000'],
    ['0000', '0001', '3006020100020101'],
  ])('%s %s becomes minimal integers', (r, s, der) => {
    expect(ecdsaToDer(Uint8Array.fromHex(r + s)).toHex()).toBe(der);
  });
});
