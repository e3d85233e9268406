/**
 * Who signed a revocation list, for a certificate in a path (RFC 5280 6.3.3 (f), (g)): an authority of that path, or
 * another certificate whose own path leads to the same anchor. A stranger of the same name is not enough: who signs the
 * issuer's lists in its stead has to stand below the same authorities as the issuer does.
 */
import type { TrustCode } from '../../refusal.ts';
import type { CandidatePath } from '../build-paths.ts';
import type { Certificate } from '../certificate.ts';
import type { CertificateList } from '../certificate-list.ts';
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
  /** Nobody at hand could have signed it; unlike a list whose signature is wrong. */
  readonly isUnknown: boolean;
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
  const signer = candidates.find((candidate) => context.isSignedBy(list, candidate.key));
  if (signer === undefined) {
    const isUnknown = !candidates.some(mayHaveSigned);
    return { ok: false, code: isUnknown ? 'CRL_SIGNER_UNTRUSTED' : 'CRL_SIGNATURE_INVALID', isUnknown };
  }
  if (!maySignLists(signer, context)) return { ok: false, code: 'CRL_SIGNER_USAGE', isUnknown: false };
  if (above.includes(signer)) return { ok: true, supporting: [], ...endlessSpan };
  const found = pathOfSigner(signer, list, path, index, context);
  return found ?? { ok: false, code: 'CRL_SIGNER_UNTRUSTED', isUnknown: false };

  function isIssuerNamed(candidate: Certificate): boolean {
    return candidate.subject.key === list.issuer.key;
  }

  /** Key identifiers exclude only who is not in the path. */
  function mayHaveSigned({ extensions: { subjectKeyId } }: Certificate): boolean {
    return list.authorityKeyId === null || subjectKeyId === null || list.authorityKeyId === subjectKeyId;
  }
}

function maySignLists({ extensions: { keyUsage } }: Certificate, context: RevocationContext): boolean {
  return keyUsage === null ? context.isUsageOptional : keyUsage.cRLSign;
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
    return isNamedIssuer(list, certificate) ? { ok: true, supporting: [], ...endlessSpan } : undefined;
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
