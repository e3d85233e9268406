/**
 * A detached signature made with the keys of anchors themselves: what may change whom a node believes. A key that signs
 * releases is online and may be stolen; it stands under an anchor and says nothing here. The same checklist as for
 * releases (RFC 5652), but no path: a signer has the name and the key of an anchor, or counts for nothing.
 */
import type { AnchorSet } from '../policy/anchors.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { withinBudget } from '../x509/signature-budget.ts';
import { nameOf } from '../x509/validate-path.ts';
import { checkSigner, digestsOf } from './check-signer.ts';
import { contentTypes, readSignedData } from './read-signed-data.ts';
import { refuseStrippedAttributes } from './stripped-attributes.ts';

export interface SigningAnchor {
  /** Distinguished name, most specific part first. */
  readonly subject: string;
  /** Name in the anchors file. */
  readonly anchor: string;
}

export interface AnchorsInput {
  readonly content: Uint8Array;
  /** DER ContentInfo. */
  readonly signature: Uint8Array;
  readonly anchors: AnchorSet;
  /** Distinct anchors that have to sign. */
  readonly needed: number;
  readonly nowMs: number;
}

/** `signers`: distinct ones, at least as many as needed. */
export function verifyByAnchors(
  input: AnchorsInput,
): { readonly ok: true; readonly signers: readonly SigningAnchor[] } | Refusal {
  return withinBudget(() => refusing(() => ({ signers: readSigners(input) })));
}

function readSigners({ content, signature, anchors, needed, nowMs }: AnchorsInput): readonly SigningAnchor[] {
  refuseStrippedAttributes(content);
  const data = readSignedData(signature);
  if (data.content !== null)
    refuse('CMS_EMBEDDED_CONTENT', 'The signature carries its own content; a detached one is expected.');
  if (data.contentType !== contentTypes.data)
    refuse('CMS_CONTENT_TYPE', `The signature is over content of type ${data.contentType}; plain data is expected.`);
  const digestOf = digestsOf(content);
  const signers = new Map<string, SigningAnchor>();
  for (const info of data.signers) {
    if (info.timestamp !== null)
      refuse('CMS_UNSIGNED_ATTRIBUTES', 'A signature over anchors carries an attribute that nobody signed.');
    const { certificate } = checkSigner(info, data, digestOf);
    const anchor = anchors.anchors.find(
      (each) =>
        each.certificate.key.id === certificate.key.id && each.certificate.subject.key === certificate.subject.key,
    );
    if (anchor === undefined)
      return refuse(
        'ANCHORS_ROTATION_SIGNERS',
        `${nameOf(certificate)} is no present anchor; only the keys of anchors themselves sign for others.`,
      );
    if (nowMs < anchor.certificate.notBeforeMs)
      refuse('ANCHOR_NOT_YET_VALID', `Trust anchor ${anchor.name} is not valid yet.`);
    if (nowMs > anchor.certificate.notAfterMs) refuse('ANCHOR_EXPIRED', `Trust anchor ${anchor.name} has expired.`);
    if (signers.has(certificate.key.id)) refuse('CMS_SIGNER_REPEATED', 'One key signed more than once.');
    signers.set(certificate.key.id, { subject: nameOf(certificate), anchor: anchor.name });
  }
  const unused = data.certificates.length - data.signers.length;
  if (unused > 0) refuse('CMS_CERTIFICATE_UNUSED', `The signature carries ${unused} certificates that signed nothing.`);
  for (const digest of data.digests)
    if (!data.signers.some((info) => info.digest === digest))
      refuse('CMS_DIGEST_UNLISTED', `The signature lists ${digest} without using it.`);
  if (signers.size >= needed) return [...signers.values()];
  return refuse(
    'ANCHORS_ROTATION_SIGNERS',
    `Signed by ${signers.size} of the ${anchors.anchors.length} present anchors; ${needed} of them have to.`,
  );
}
