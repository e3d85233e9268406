/**
 * Everything that is right and wrong with a release, for people: the same checks a node makes, but all of them, where a
 * node stops at the first refusal. A check that could not be made because an earlier one failed is left out.
 */
import { shortDigest } from '../kernel/digest.ts';
import type { ReleaseManifest } from '../model/release.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { Verified, VerifiedTimestamp } from '../trust/cms/verify-detached.ts';
import type { ReleaseExpectation } from '../trust/policy/check-release.ts';
import type { TrustStore } from '../trust/policy/trust-store.ts';
import type { Refusal, TrustCode } from '../trust/refusal.ts';
import { describePayload } from './describe-payload.ts';
import type { Verify } from './store/verify-cached.ts';
import { checkListing, readRelease, verifyPayload } from './verify-release.ts';

export type AuditCheck =
  | { readonly name: CheckName; readonly ok: true; readonly detail: string }
  | { readonly name: CheckName; readonly ok: false; readonly code: TrustCode; readonly detail: string };

export type CheckName =
  | 'release'
  | 'signature'
  | 'timestamp'
  | 'chain'
  | 'revocation'
  | 'manifest'
  | 'listing'
  | 'payload'
  | 'delta'
  | 'patches';

export interface Audit {
  readonly manifest: ReleaseManifest | null;
  readonly signature: Verified | null;
  readonly checks: readonly AuditCheck[];
  readonly ok: boolean;
}

export interface AuditInput {
  readonly source: ReleaseSource;
  readonly path: string;
  readonly trust: TrustStore;
  readonly expected: ReleaseExpectation;
  readonly nowMs: number;
  /** Where there are many, on workers. Default: here. */
  readonly verify?: Verify;
  readonly onBytes?: (doneBytes: number, totalBytes: number) => void;
}

export async function auditRelease(input: AuditInput): Promise<Audit> {
  const { source } = input;
  const release = await readRelease(source, input.path, input.trust, input.expected, input.nowMs, input.verify);
  if (!release.ok) return { manifest: null, signature: null, checks: refusedManifest(release), ok: false };
  const { manifest, signature } = release;
  const checks: AuditCheck[] = [
    ...(signature === null ? [] : describeSignature(signature)),
    passed('manifest', `${shortDigest(manifest.manifestHash)}, counter ${manifest.counter}`),
  ];
  const listing = await source.listFiles(release.directory);
  const misplaced = listing === null ? [] : checkListing(listing, manifest);
  checks.push(...misplaced.map((refusal) => failed('listing', refusal)));
  if (misplaced.length === 0)
    checks.push(
      passed('listing', listing === null ? 'this source cannot list' : 'no links, nothing unlisted, nothing missing'),
    );

  const reported = new Set(misplaced.map(({ code, message }) => `${code} ${message}`));
  const totalBytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  let damaged = 0;
  for await (const { file, refusal } of verifyPayload(source, release)) {
    doneBytes += file.sizeBytes;
    input.onBytes?.(doneBytes, totalBytes);
    if (refusal === null) continue;
    damaged += 1;
    if (!reported.has(`${refusal.code} ${refusal.message}`)) checks.push(failed('payload', refusal));
  }
  if (damaged === 0) checks.push(passed('payload', `${describePayload(manifest.files)}, every hash fits`));
  return { manifest, signature, checks, ok: checks.every((check) => check.ok) };
}

/** Who vouches for it, one check each. */
export function describeSignature({ signer, cosigners, timestamp, chain, anchor }: Verified): AuditCheck[] {
  return [
    ...[signer, ...cosigners].map(({ algorithm, subject }) => passed('signature', `${algorithm} by ${subject}`)),
    ...(timestamp === null ? [] : [passed('timestamp', describeTimestamp(timestamp))]),
    passed('chain', `${chain.map(({ subject }) => subject).join(' <- ')}, anchor ${anchor}`),
  ];
}

function refusedManifest(refusal: Refusal): AuditCheck[] {
  const { findings } = refusal;
  if (findings === undefined) return [failed(checkOf(refusal.code), refusal)];
  return findings.map(({ summary }) => failed('manifest', { code: refusal.code, message: summary }));
}

function describeTimestamp({ genTimeMs, authority }: VerifiedTimestamp): string {
  const time = Temporal.Instant.fromEpochMilliseconds(genTimeMs).toString({ smallestUnit: 'second' });
  return `signed before ${time}, says ${authority}`;
}

/** Which check a refusal belongs to. */
export function checkOf(code: TrustCode): CheckName {
  if (code.startsWith('TIMESTAMP_')) return 'timestamp';
  if (code === 'CERT_REVOKED' || code === 'CERT_ISSUER_REVOKED' || code.startsWith('CRL_')) return 'revocation';
  if (/^(?:CERT|PATH|ANCHOR)_/u.test(code)) return 'chain';
  if (/^(?:RELEASE|DELTA)_UNSIGNED$/u.test(code) || /^(?:CMS|DER|ALGORITHM|KEY)_/u.test(code)) return 'signature';
  if (code.startsWith('DELTA_')) return 'delta';
  return code.startsWith('MANIFEST_') && code !== 'MANIFEST_MISSING' ? 'manifest' : 'release';
}

export function passed(name: CheckName, detail: string): AuditCheck {
  return { name, ok: true, detail };
}

export function failed(name: CheckName, { code, message }: Pick<Refusal, 'code' | 'message'>): AuditCheck {
  return { name, ok: false, code, detail: message };
}
