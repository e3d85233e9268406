/**
 * A detached signature made with the keys of anchors themselves: what may change whom a node believes. A key that signs
 * releases is online and may be stolen; it stands under an anchor and says nothing here. The same checklist as for
 * releases (RFC 5652), but no path: a signer has the name and the key of an anchor, or counts for nothing.
 */
import type { AnchorSet } from '../policy/anchors.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import type { Certificate } from '../x509/certificate.ts';
import { withinBudget } from '../x509/signature-budget.ts';
import { checkAnchor, nameOf } from '../x509/validate-path.ts';
import { checkNothingElse } from './check-nothing-else.ts';
import { checkSigner, digestsOf } from './check-signer.ts';
import { readDetached } from './read-detached.ts';
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
  const data = readDetached(signature);
  const digestOf = digestsOf(content);
  const signers = new Map<string, SigningAnchor>();
  const certificates: Certificate[] = [];
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
    checkAnchor(anchor, nowMs);
    if (signers.has(certificate.key.id)) refuse('CMS_SIGNER_REPEATED', 'One key signed more than once.');
    certificates.push(certificate);
    signers.set(certificate.key.id, { subject: nameOf(certificate), anchor: anchor.name });
  }
  checkNothingElse(data, certificates);
  if (signers.size >= needed) return [...signers.values()];
  return refuse(
    'ANCHORS_ROTATION_SIGNERS',
    `Signed by ${signers.size} of the ${anchors.anchors.length} present anchors; ${needed} of them have to.`,
  );
}
