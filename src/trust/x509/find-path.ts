/**
 * The path that holds: tries the candidates in order and takes the first that validates and of which no certificate was
 * revoked. When none does, the refusal is that of the likeliest one, so that a message names the real fault and not a
 * dead end. Signers of revocation lists are found the same way; all work on lists is bounded together.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Anchor } from '../policy/anchors.ts';
import { refuse } from '../refusal.ts';
import { buildPaths, type CandidatePath, maxPathCertificates } from './build-paths.ts';
import { type Certificate, isIssuedBy } from './certificate.ts';
import type { CertificateList } from './certificate-list.ts';
import { narrow, spanOf } from './path-span.ts';
import { type InitialPolicies, openPolicies } from './policies/policy-graph.ts';
import { checkRevocation } from './revocation/check-revocation.ts';
import type { FoundPath, Revocation, RevocationContext } from './revocation/context.ts';
import { nameOf, type PathRules, type Profile, validatePath } from './validate-path.ts';

export interface PathQuestion {
  readonly leaf: Certificate;
  /** Where issuers, and signers of lists, may be found; nothing in it is believed. */
  readonly pool: readonly Certificate[];
  readonly anchors: readonly Anchor[];
  readonly lists: readonly CertificateList[];
  readonly revocation: Revocation;
  readonly nowMs: number;
  /**
   * When the signature is proven to have existed: the certificates have to be valid then instead of now, and what was
   * revoked later (but not for a lost key) does not count. Lists have to be current now all the same.
   */
  readonly provenAtMs?: number;
  readonly profile: Profile;
  /** Default: what the certificates ask of each other. */
  readonly policies?: InitialPolicies;
}

// Each validation costs a few signature checks; candidates beyond this are an attack, not a hierarchy.
const maxValidations = 32;
const maxListWork = 256;
const maxSignerDepth = 3;

export function findPath(question: PathQuestion): FoundPath {
  const { leaf, pool, anchors } = question;
  const search = buildPaths(leaf, pool, anchors);
  const check = pathChecker(question);
  let firstRefusal: ThemisError | undefined;
  for (const path of search.paths.slice(0, maxValidations)) {
    try {
      return check(path, 'signer', []);
    } catch (error) {
      if (!(error instanceof ThemisError) || error.reason === 'CMS_TOO_COSTLY') throw error;
      firstRefusal ??= error;
    }
  }
  if (search.hitSteps || search.paths.length > maxValidations)
    refuse('PATH_TOO_COMPLEX', 'Too many ways lead from the certificates to an anchor.');
  if (firstRefusal !== undefined) throw firstRefusal;
  if (search.hitDepth)
    refuse('PATH_TOO_LONG', `No path of at most ${maxPathCertificates} certificates leads to a trust anchor.`);
  if (leaf.isSelfIssued && isIssuedBy(leaf, leaf.key))
    refuse('PATH_SELF_SIGNED', `The certificate of ${nameOf(leaf)} is signed by itself and no trust anchor.`);
  if (search.hitLoop) refuse('PATH_LOOP', `The certificates above ${nameOf(leaf)} lead back to themselves.`);
  return refuse('PATH_NO_ANCHOR', `No trust anchor issued the certificates of ${nameOf(leaf)}.`);
}

type CheckPath = (path: CandidatePath, role: PathRules['role'], askers: readonly string[]) => FoundPath;

/** One per question: what it learns of lists, and the bound on that work, is shared by all candidates. */
function pathChecker(question: PathQuestion): CheckPath {
  const { nowMs, provenAtMs, profile } = question;
  const policies = question.policies ?? openPolicies;
  const signatures = new Map<string, boolean>();
  let listWork = 0;

  const spend = (): void => {
    listWork += 1;
    if (listWork > maxListWork)
      refuse('PATH_TOO_COMPLEX', 'Too many certificates and lists would have to be tried to learn what was revoked.');
  };

  const contextFor = (role: PathRules['role'], askers: readonly string[]): RevocationContext => ({
    lists: question.lists,
    pool: question.pool,
    revocation: question.revocation,
    nowMs,
    provenAtMs: role === 'signer' ? (provenAtMs ?? null) : null,
    isUsageOptional: profile === 'rfc5280',
    isSignedBy(list, key) {
      const id = `${list.fingerprint} ${key.id}`;
      const known = signatures.get(id);
      if (known !== undefined) return known;
      spend();
      const isSigned = isIssuedBy(list, key);
      signatures.set(id, isSigned);
      return isSigned;
    },
    findSignerPath: (signer, anchor, asker) => findSignerPath(signer, anchor, [...askers, asker.fingerprint]),
  });

  const check: CheckPath = (path, role, askers) => {
    // A list is signed today, whenever the content was.
    const atMs = role === 'signer' ? (provenAtMs ?? nowMs) : nowMs;
    validatePath(path, { nowMs: atMs, profile, policies: role === 'signer' ? policies : openPolicies, role });
    const revocation = checkRevocation(path, contextFor(role, askers));
    const validity = atMs === nowMs ? [spanOf([...path.certificates, path.anchor.certificate])] : [];
    return { ...path, ...revocation, ...narrow(revocation, ...validity) };
  };

  function findSignerPath(signer: Certificate, anchor: Anchor, askers: readonly string[]): FoundPath | undefined {
    // Whose own status hangs on the answer cannot help to give it.
    if (askers.includes(signer.fingerprint) || askers.length > maxSignerDepth) return undefined;
    for (const path of buildPaths(signer, question.pool, [anchor]).paths.slice(0, maxValidations)) {
      spend();
      try {
        return check(path, 'list-signer', askers);
      } catch (error) {
        if (!(error instanceof ThemisError) || error.reason === 'PATH_TOO_COMPLEX') throw error;
      }
    }
    return undefined;
  }

  return check;
}
