import { expect, it } from 'vitest';
import { digestBytes } from '../../../src/kernel/digest.ts';
import { verificationKey, verifierVersion } from '../../../src/trust/policy/cache-key.ts';
import type { TrustStore } from '../../../src/trust/policy/trust-store.ts';
import { type InitialPolicies, openPolicies } from '../../../src/trust/x509/policies/policy-graph.ts';
import { testTrust } from '../../support/releases.ts';
import * as pki from '../../support/pki.ts';

const crl = (text: string): TrustStore['crls'][number] =>
  ({ bytes: Buffer.from(text), fingerprint: digestBytes(text) }) as unknown as TrustStore['crls'][number];
const [a, b] = [crl('a'), crl('b')];
const trust = { ...testTrust(), crls: [a!, b!] };
const input = {
  content: Buffer.from('content'),
  signature: Buffer.from('signature'),
  trust,
  profile: 'codeSigning',
} as const;
const key = verificationKey(input);

it.each<[string, Partial<Parameters<typeof verificationKey>[0]>]>([
  ['content', { content: Buffer.from('contenT') }],
  ['signature', { signature: Buffer.from('signaturE') }],
  [
    'content and signature, moved between them',
    { content: Buffer.from('contents'), signature: Buffer.from('ignature') },
  ],
  ['content and signature, exchanged', { content: input.signature, signature: input.content }],
  [
    'anchors',
    { trust: { ...trust, anchors: testTrust([pki.rootCertificate({ serial: Buffer.of(2, 1, 9) })]).anchors } },
  ],
  ['threshold of the anchors file', { trust: { ...trust, anchors: testTrust([pki.rootCertificate()], 2).anchors } }],
  ['a list of withdrawn certificates that came', { trust: { ...trust, crls: [a!, b!, crl('c')] } }],
  ['one that went', { trust: { ...trust, crls: [a!] } }],
  ['one that changed', { trust: { ...trust, crls: [a!, crl('B')] } }],
  ['profile', { profile: 'rfc5280' }],
  ['demand on policies', { policies: openPolicies }],
])('another %s is another key', (_what, over) => {
  expect(verificationKey({ ...input, ...over })).not.toBe(key);
});

it.each<[string, Partial<InitialPolicies>]>([
  ['policies that are accepted', { acceptable: ['1.2.3'] }],
  ['demand for one of them', { requireExplicit: true }],
  ['ban on mapping', { inhibitMapping: true }],
  ['ban on any policy', { inhibitAny: true }],
])('another %s is another key', (_what, over) => {
  const open = verificationKey({ ...input, policies: openPolicies });
  expect(verificationKey({ ...input, policies: { ...openPolicies, ...over } })).not.toBe(open);
});

it('another verifier is another key', () => {
  expect(verificationKey(input, verifierVersion + 1)).not.toBe(key);
});

it('the order of the lists, and having one twice, is no difference, nor is the time', () => {
  expect(verificationKey({ ...input, trust: { ...trust, crls: [b!, a!, b!] } })).toBe(key);
  expect(verificationKey({ ...input, nowMs: 5 } as typeof input)).toBe(key);
});
