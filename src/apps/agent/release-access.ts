/**
 * How a node gets at releases and what it believes of them: the trust room's checklist over the node's own anchors.
 */
import { openDirectorySource } from '../../adapters/release-source/directory.ts';
import { ThemisError, toFailure } from '../../kernel/error.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import type { ReleaseLocator } from '../../model/message.ts';
import type { VerifyRelease } from '../../node/deps.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { holdBack, verifyCached } from '../../release/store/verify-cached.ts';
import { verifyRelease as verifyAgainst } from '../../release/verify-release.ts';
import { parseAnchors } from '../../trust/policy/anchors.ts';
import { toTrustError } from '../../trust/refusal.ts';
import { nodeSignatures } from './node-signatures.ts';

export function openSource(locator: ReleaseLocator): ReleaseSource {
  if (locator.kind === 'directory') return openDirectorySource(locator.directory);
  throw new ThemisError('USAGE', `This version of Themis cannot fetch releases from ${locator.kind} sources.`);
}

export const verifyRelease: VerifyRelease = async (source, path, expectation) => {
  const { package: name, version, manifestHash, platform, architecture, nowMs } = expectation;
  const parsed = parseAnchors(expectation.anchors);
  if (!parsed.ok) return { kind: 'refused', failure: toFailure(toTrustError(parsed, 'trust/anchors.json')) };
  const acceptance = expectation.acceptedBefore ? 'known' : 'new';
  const expected = { package: name, version, manifestHash, platform, architecture, acceptance } as const;
  const signatures = holdBack(nodeSignatures(expectation.cacheFile));
  const trust = { anchors: parsed.anchors, crls: [] };
  const verified = await verifyAgainst(source, path, trust, expected, nowMs, (input) =>
    verifyCached(signatures, input),
  );
  if (!verified.ok) return { kind: 'refused', failure: toFailure(toTrustError(verified, `${name} ${version}`)) };
  return {
    kind: 'verified',
    manifest: verified.manifest,
    documents: [
      { name: releaseNames.manifest, bytes: verified.manifestBytes },
      { name: releaseNames.signature, bytes: verified.signatureBytes },
    ],
    remember: () => signatures.keep(),
  };
};
