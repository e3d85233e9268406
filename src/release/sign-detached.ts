/**
 * Detached signatures as nodes take them: a certificate that may sign releases now, intermediates but never a root. What
 * leaves here has been read back by the strict reader of `trust/` and verified with the certificates it carries, so that
 * Themis cannot make a signature it would refuse for its form, whoever made its bytes.
 */
import { ThemisError } from '../kernel/error.ts';
import type { Signer } from '../ports/signer.ts';
import { readSignedData, type SignedData } from '../trust/cms/read-signed-data.ts';
import { equalBytes } from '../trust/der/read-der.ts';
import { type Certificate, readCertificate } from '../trust/x509/certificate.ts';
import { isSignedBy } from '../trust/x509/public-key.ts';
import { checkSigningCertificate, nameOf } from '../trust/x509/validate-path.ts';
import { encodeSignedData, makeSignerPart } from './cms/encode-signed-data.ts';

/** What a certificate has to be for: releases and all that belongs to them, or, an anchor's own, other anchors. */
export type SigningRole = 'release' | 'anchor';

/** DER ContentInfo. Throws CERTIFICATE_INVALID when the signer's certificate is not for signing that now. */
export async function signDetached(
  content: Uint8Array,
  signer: Signer,
  nowMs: number,
  role: SigningRole = 'release',
): Promise<Uint8Array> {
  return await signDetachedByAll(content, [signer], nowMs, role);
}

/** One signature by several signers, each of whom signs by itself. Nothing is signed unless every certificate may. */
export async function signDetachedByAll(
  content: Uint8Array,
  signers: readonly Signer[],
  nowMs: number,
  role: SigningRole = 'release',
): Promise<Uint8Array> {
  const chains = signers.map((signer) => (role === 'anchor' ? [anchorOf(signer, nowMs)] : chainOf(signer, nowMs)));
  const parts = [];
  for (const [index, signer] of signers.entries()) {
    const chain = chains[index]!.map((certificate) => certificate.bytes);
    parts.push(await makeSignerPart(content, signer, chain, nowMs));
  }
  const bytes = encodeSignedData(parts);
  checkReadBack(bytes, chains);
  return bytes;
}

/** What travels along: the signer's certificate, then its issuers without a root. */
function chainOf(signer: Signer, nowMs: number): Certificate[] {
  const [certificate, ...issuers] = signer.chain.map((bytes) => readCertificate(bytes));
  if (certificate === undefined) throw new ThemisError('POLICY_REFUSED', 'The signer has no certificate.');
  checkSigningCertificate(certificate, nowMs);
  return [certificate, ...issuers.filter((issuer) => !issuer.isSelfIssued)];
}

/** An anchor stands for itself: nothing else travels along. */
function anchorOf({ chain }: Signer, nowMs: number): Certificate {
  const [bytes] = chain;
  if (bytes === undefined) throw new ThemisError('POLICY_REFUSED', 'The signer has no certificate.');
  const certificate = readCertificate(bytes);
  const hint = 'Sign with the key and the certificate of a present anchor; keys that sign releases cannot replace one.';
  if (certificate.extensions.basicConstraints?.isCa !== true)
    throw new ThemisError('CERTIFICATE_INVALID', `${nameOf(certificate)} is no authority.`, { hint });
  if (nowMs >= certificate.notBeforeMs && nowMs <= certificate.notAfterMs) return certificate;
  throw new ThemisError('CERTIFICATE_INVALID', `The certificate of ${nameOf(certificate)} is not valid now.`, { hint });
}

/** A signature that carries other certificates than it was made for would be worthless. */
function checkReadBack(bytes: Uint8Array, chains: readonly (readonly Certificate[])[]): void {
  const data = readSignedData(bytes);
  const carried = new Set(chains.flat().map((certificate) => certificate.fingerprint));
  const sameCertificates =
    data.certificates.length === carried.size &&
    data.certificates.every((certificate) => carried.has(certificate.fingerprint));
  if (!sameCertificates || data.signers.length !== chains.length)
    throw new ThemisError('BUG', 'the signature does not carry the certificates it was made for');
  for (const [certificate] of chains) checkSigner(data, certificate!);
}

function checkSigner(data: SignedData, certificate: Certificate): void {
  const info = data.signers.find(
    ({ id }) =>
      id.kind === 'issuer-and-serial' &&
      id.serial === certificate.serial &&
      equalBytes(id.issuer.bytes, certificate.issuer.bytes),
  );
  if (
    info !== undefined &&
    isSignedBy(certificate.key, { ...info.algorithm, hash: info.digest }, info.signedBytes, info.signature)
  )
    return;
  throw new ThemisError('POLICY_REFUSED', 'The signer made a signature that its certificate does not verify.', {
    hint: 'Check that key and certificate belong together.',
  });
}
