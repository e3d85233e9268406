/**
 * Who signed a revocation list, for a certificate in a path (RFC 5280 6.3.3 (f), (g)): an authority of that path, or
 * another certificate whose own path leads to the same anchor. A stranger of the same name is not enough: who signs the
 * issuer's lists in its stead has to stand below the same authorities as the issuer does.
 */
import type { TrustCode } from '../../refusal.ts';
import type { CandidatePath } from '../build-paths.ts';
import type { Certificate } from '../certificate.ts';
import type { CertificateList } from '../certificate-list.ts';
import { directoryKey } from '../names/general-name.ts';
import { endlessSpan, type PathSpan } from '../path-span.ts';
import type { RevocationContext } from './context.ts';
import { isNamedIssuer } from './scope.ts';

export interface ListSigner extends PathSpan {
  readonly ok: true;
  /** Certificates beyond the path that had a part in it. */
  readonly supporting: readonly Certificate[];
}

interface NoSigner {
  readonly ok: false;
  readonly code: TrustCode;
  /**
   * It claims, by a key identifier, to be signed with the very key of an authority of the path, and was not. Without such
   * a claim another key of that authority may have signed it, whose certificate is not at hand.
   */
  readonly isForged: boolean;
}

/** `index`: of the certificate in the path. */
export function findListSigner(
  list: CertificateList,
  path: CandidatePath,
  index: number,
  context: RevocationContext,
): ListSigner | NoSigner {
  const above = [...path.certificates.slice(index + 1), path.anchor.certificate].filter(isIssuerNamed);
  const others = context.pool.filter(
    (other) => isIssuerNamed(other) && !above.some(({ fingerprint }) => fingerprint === other.fingerprint),
  );
  const candidates = [...above, ...others.filter(mayHaveSigned)];
  let code: TrustCode | undefined;
  for (const signer of candidates) {
    if (!context.isSignedBy(list, signer.key)) continue;
    const isAbove = above.includes(signer);
    const found = isAbove ? pathAbove : pathOfSigner(signer, list, path, index, context);
    const isUsageOptional = context.isUsageOptional || signer === path.anchor.certificate;
    if (found !== undefined && (isUsageOptional ? mayAnchorSignLists(signer) : maySignLists(signer))) return found;
    code ??= found === undefined ? 'CRL_SIGNER_UNTRUSTED' : 'CRL_SIGNER_USAGE';
  }
  if (code !== undefined) return { ok: false, code, isForged: false };
  code = above.some(mayHaveSigned) ? 'CRL_SIGNATURE_INVALID' : 'CRL_SIGNER_UNTRUSTED';
  return { ok: false, code, isForged: above.some((authority) => isClaimed(list, authority)) };

  function isIssuerNamed(candidate: Certificate): boolean {
    return candidate.subject.key === list.issuer.key;
  }

  /** Key identifiers exclude only who is not in the path. */
  function mayHaveSigned({ extensions: { subjectKeyId } }: Certificate): boolean {
    return list.authorityKeyId === null || subjectKeyId === null || list.authorityKeyId === subjectKeyId;
  }
}

/** Whether the list says that the key of this certificate signed it: by everything it says of its key. */
function isClaimed({ authorityKeyId, authorityCertificate }: CertificateList, authority: Certificate): boolean {
  if (authorityKeyId === null && authorityCertificate === null) return false;
  const { issuers, serial } = authorityCertificate ?? { issuers: [directoryKey(authority.issuer.key)], ...authority };
  return (
    (authorityKeyId === null || authorityKeyId === authority.extensions.subjectKeyId) &&
    issuers.includes(directoryKey(authority.issuer.key)) &&
    serial === authority.serial
  );
}

const pathAbove: ListSigner = { ok: true, supporting: [], ...endlessSpan };

/** RFC 5280 6.3.3 (f): a key usage, where there is one, has to name the signing of lists. */
export function mayAnchorSignLists({ extensions: { keyUsage } }: Certificate): boolean {
  return keyUsage === null || keyUsage.cRLSign;
}

/** Below an anchor it has to be there (RFC 5280 4.2.1.3). */
function maySignLists({ extensions: { keyUsage } }: Certificate): boolean {
  return keyUsage?.cRLSign === true;
}

function pathOfSigner(
  signer: Certificate,
  list: CertificateList,
  path: CandidatePath,
  index: number,
  context: RevocationContext,
): ListSigner | undefined {
  const certificate = path.certificates[index]!;
  if (signer.fingerprint === certificate.fingerprint) {
    // The authority that issued the certificate says in it that the certificate's own key signs the list.
    return isNamedIssuer(list, certificate) ? pathAbove : undefined;
  }
  const own = context.findSignerPath(signer, path.anchor, certificate);
  if (own === undefined) return undefined;
  const isDirect = list.issuer.key === certificate.issuer.key;
  const issuer = { ...path, certificates: path.certificates.slice(index + 1) };
  if (isDirect && authoritiesOf(own) !== authoritiesOf(issuer)) return undefined;
  return {
    ok: true,
    supporting: [...own.certificates, ...own.supporting],
    validFromMs: own.validFromMs,
    validUntilMs: own.validUntilMs,
  };
}

/** The names down a path; a self-issued certificate is its issuer once more. */
function authoritiesOf({ anchor, certificates }: CandidatePath): string {
  const names = [anchor.certificate.subject.key];
  for (const { subject } of certificates.toReversed()) if (subject.key !== names.at(-1)) names.push(subject.key);
  return JSON.stringify(names);
}
