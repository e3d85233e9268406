/**
 * The path that holds: tries the candidates in order and takes the first that validates. When none does, the refusal is
 * that of the likeliest one, so that a message names the real fault and not a dead end.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Anchor } from '../policy/anchors.ts';
import { refuse } from '../refusal.ts';
import { buildPaths, type CandidatePath, maxPathCertificates } from './build-paths.ts';
import { type Certificate, isIssuedBy } from './certificate.ts';
import { nameOf, type Profile, validatePath } from './validate-path.ts';

// Each validation costs a few signature checks; candidates beyond this are an attack, not a hierarchy.
const maxValidations = 32;

export function findPath(
  leaf: Certificate,
  pool: readonly Certificate[],
  anchors: readonly Anchor[],
  nowMs: number,
  profile: Profile,
): CandidatePath {
  const search = buildPaths(leaf, pool, anchors);
  let firstRefusal: ThemisError | undefined;
  for (const path of search.paths.slice(0, maxValidations)) {
    try {
      validatePath(path, nowMs, profile);
      return path;
    } catch (error) {
      if (!(error instanceof ThemisError)) throw error;
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
  return refuse('PATH_NO_ANCHOR', `No trust anchor issued the certificates of ${nameOf(leaf)}.`);
}
