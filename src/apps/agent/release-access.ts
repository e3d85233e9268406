/**
 * How a node gets at releases and what it believes of them: the trust room's checklist over the node's own anchors.
 */
import { systemClock } from '../../adapters/clock/system.ts';
import { openLocatedSource, type RemoteAccess } from '../../adapters/release-source/index.ts';
import { readToken } from '../../adapters/secret-token.ts';
import { releaseNames } from '../../model/release-format/layout.ts';
import type { SecretRef } from '../../model/desired.ts';
import type { ReleaseLocator } from '../../model/message.ts';
import type { NodeSources } from '../../node/config/node-config.ts';
import type {
  CheckTrust,
  Refused,
  TakeList,
  TrustFiles,
  VerifyDelta,
  VerifyIndex,
  VerifyRelease,
  VerifyRotation,
} from '../../node/deps.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { verifyIndex as verifyIndexAgainst } from '../../release/index/verify-index.ts';
import { readDelta } from '../../release/delta/read-delta.ts';
import { holdBack, verifyCached } from '../../release/store/verify-cached.ts';
import { verifyRelease as verifyAgainst } from '../../release/verify-release.ts';
import { parseAnchors } from '../../trust/policy/anchors.ts';
import { checkRotation } from '../../trust/policy/check-rotation.ts';
import { takeList as takeIfNewer } from '../../trust/policy/take-list.ts';
import type { TrustStore } from '../../trust/policy/trust-store.ts';
import { type Refusal, toTrustError } from '../../trust/refusal.ts';
import { openVerification, type Verification } from '../verification/open-verification.ts';
import { nodeSignatures } from './node-memory.ts';
import { type CertificateList, parseCertificateList } from '../../trust/x509/certificate-list.ts';

/** With the settings of this node, whatever the request and the Fleet behind it say. */
export function openSource(locator: ReleaseLocator, sources: NodeSources): ReleaseSource {
  return openLocatedSource(locator, () => accessOf(locator, sources));
}

function accessOf(locator: ReleaseLocator, { ca, proxy, noProxy, tokens }: NodeSources): RemoteAccess {
  const environment = {
    ...process.env,
    ...(proxy === null ? {} : { http_proxy: proxy, https_proxy: proxy }),
    ...(noProxy === null ? {} : { no_proxy: noProxy.join(',') }),
  };
  const secret = locator.kind === 'directory' ? undefined : tokenFor(locatedUrl(locator), tokens);
  return {
    environment,
    clock: systemClock,
    caFile: ca,
    token:
      secret === undefined
        ? null
        : () => readToken(secret, 'the releases', { directory: '/', environment: process.env }),
  };
}

function locatedUrl(locator: Exclude<ReleaseLocator, { kind: 'directory' }>): string {
  return locator.kind === 'http' ? locator.url : locator.apiUrl;
}

/** Of the longest address that this one lies below. Whoever writes requests cannot have a token sent anywhere else. */
function tokenFor(url: string, tokens: NodeSources['tokens']): SecretRef | undefined {
  const wanted = directoryUrl(url);
  const fitting = tokens.filter((token) => isBelow(wanted, directoryUrl(token.url)));
  return fitting.sort((a, b) => b.url.length - a.url.length)[0]?.tokenFrom;
}

function isBelow(url: string | undefined, directory: string | undefined): boolean {
  return url !== undefined && directory !== undefined && url.startsWith(directory);
}

function directoryUrl(text: string): string | undefined {
  const href = URL.parse(text)?.href;
  return href === undefined || href.endsWith('/') ? href : `${href}/`;
}

let verification: Verification | undefined;

/** One for all nodes of this process: never closed, since idle workers keep no process alive. */
function shared(): Verification {
  return (verification ??= openVerification());
}

export const verifyIndex: VerifyIndex = async (source, { trust, nowMs, known }) => {
  const store = storeOf(trust);
  if (!store.ok) return refused(store, 'trust/');
  const verified = await verifyIndexAgainst(source, store.trust, nowMs, known);
  if (!verified.ok) return refused(verified, releaseNames.index);
  return { kind: 'verified', index: verified.index, fetched: verified.fetched };
};

const acceptances = { none: 'new', kept: 'kept', installed: 'installed' } as const;

export const verifyRelease: VerifyRelease = async (source, path, expectation) => {
  const { package: name, version, manifestHash, platform, architecture, history, nowMs } = expectation;
  const store = storeOf(expectation.trust);
  if (!store.ok) return refused(store, 'trust/');
  const expected = { package: name, version, manifestHash, platform, architecture, acceptance: acceptances[history] };
  const signatures = holdBack(nodeSignatures(expectation.cacheFile));
  const verified = await verifyAgainst(source, path, store.trust, expected, nowMs, (input) =>
    verifyCached(signatures, input, shared().verify),
  );
  if (!verified.ok) return refused(verified, `${name} ${version}`);
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

export const verifyRotation: VerifyRotation = ({ bytes, signature }, { trust, nowMs }) => {
  const store = storeOf(trust);
  if (!store.ok) return store;
  const checked = checkRotation({ document: bytes, signature, trust: store.trust, nowMs });
  return checked.ok ? { ok: true, version: checked.anchors.version, signers: checked.signers } : checked;
};

export const verifyDelta: VerifyDelta = async (source, url, { trust, nowMs, ...expected }) => {
  const store = storeOf(trust);
  if (!store.ok) return refused(store, 'trust/');
  const checked = await readDelta(source, url, store.trust, expected, nowMs, shared().verify);
  return checked.ok ? { kind: 'verified', delta: checked.delta } : refused(checked, url);
};

export const takeList: TakeList = (bytes, { trust, nowMs }) => {
  const store = storeOf(trust);
  if (!store.ok) return store;
  const taken = takeIfNewer(bytes, store.trust, nowMs);
  if (!taken.ok) return taken;
  const { list, covered } = taken;
  const issuer = list === null ? null : { name: list.issuer.text, revoked: list.entries.size };
  return { ok: true, issuer, covered };
};

export const checkTrust: CheckTrust = (trust) => {
  const store = storeOf(trust);
  return store.ok ? undefined : store;
};

/** The node's own trust, for whatever is verified on it. */
export function storeOf(trust: TrustFiles): { readonly ok: true; readonly trust: TrustStore } | Refusal {
  const parsed = parseAnchors(trust.anchors);
  if (!parsed.ok) return parsed;
  const crls: CertificateList[] = [];
  for (const bytes of trust.crls) {
    const list = parseCertificateList(bytes);
    // What was put there to be believed is not left out in silence.
    if (!list.ok) return list;
    crls.push(list.list);
  }
  return { ok: true, trust: { anchors: parsed.anchors, crls } };
}

function refused(refusal: Refusal, subject: string): Refused {
  return { kind: 'refused', error: toTrustError(refusal, subject) };
}
