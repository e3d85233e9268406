/** What the `release` commands share: options, and how files are named on the command line. */
import { getRandomValues } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { httpTimestampAuthority } from '../../../adapters/timestamp-authority/http.ts';
import { parseDuration } from '../../../kernel/units/duration.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Finding } from '../../../kernel/finding.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import { isTimestamp } from '../../../model/release-format/shapes.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { Stamp } from '../../../release/sign-file.ts';
import { timestampSignature } from '../../../release/timestamp.ts';
import { anchorsLimitBytes, parseAnchors } from '../../../trust/policy/anchors.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import { type CertificateList, parseCertificateList } from '../../../trust/x509/certificate-list.ts';
import { nameOf } from '../../../trust/x509/validate-path.ts';
import type { Input, Option, Session } from '../command.ts';

export const cosignOption: Option = {
  name: '--cosign',
  summary: 'add a signature to those that are there, where the anchors ask for several signers',
};

export function directoryOf(session: Session, input: Input, fallback = '.'): string {
  return resolve(session.directory, input.argument('DIR') ?? fallback);
}

/** The directory that was named, else `releases`, else here. */
export function releasesDirectoryOf(session: Session, named: string | undefined): string {
  if (named !== undefined) return resolve(session.directory, named);
  const usual = join(session.directory, 'releases');
  return existsSync(usual) ? usual : session.directory;
}

export const crlsOption: Option = {
  name: '--crls',
  value: 'PATH',
  summary: 'revocation lists (DER) that are at hand: a file, or a directory of *.crl files such as trust/crls',
  repeatable: true,
};

export const timestampAnchorsOption: Option = {
  name: '--anchors',
  value: 'FILE',
  summary: 'anchors.json whose timestampAnchors the authority has to stand under; keeps the certificates between',
};

/** Asks the authority at `url` for timestamps; `noted` gets a line for each. Throws USAGE for what is no address. */
export async function stampOf(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
  url: string,
  noted: (line: string) => void,
): Promise<Stamp> {
  const authority = httpTimestampAuthority(url);
  const trust = input.text('anchors') === undefined ? null : await trustOf(session, input, fileSystem);
  return async (signature) => {
    const nowMs = session.clock.nowMs();
    const nonce = (): Uint8Array => getRandomValues(new Uint8Array(15));
    const stamped = await timestampSignature({ signature, authority, trust, nonce, nowMs });
    for (const { info, authority: certificate, path } of stamped.added) {
      const believed = path === null ? ', whom no timestamp anchor here vouches for' : '';
      noted(`Timestamp ${formatInstant(info.genTimeMs)} by ${nameOf(certificate)}${believed}`);
    }
    return stamped.signature;
  };
}

export async function trustOf(session: Session, input: Input, fileSystem: FileSystem): Promise<TrustStore> {
  const path = resolve(session.directory, input.text('anchors')!);
  const stat = await fileSystem.lstat(path);
  if (stat !== null && stat.sizeBytes > anchorsLimitBytes)
    throw new ThemisError('ANCHORS_INVALID', `${path} is too large for an anchors file.`);
  const parsed = parseAnchors(await fileSystem.readFile(path));
  if (!parsed.ok) throw toTrustError(parsed, path);
  return { anchors: parsed.anchors, crls: [] };
}

/** What `--crls` names. What was named to be believed is not left out in silence: one that cannot be read throws. */
export async function listsOf(session: Session, input: Input, fileSystem: FileSystem): Promise<CertificateList[]> {
  const lists: CertificateList[] = [];
  for (const named of input.list('crls')) {
    const path = resolve(session.directory, named);
    const kind = (await fileSystem.lstat(path))?.kind;
    if (kind === undefined) throw new ThemisError('NOT_FOUND', `${path} does not exist.`);
    const names = kind === 'directory' ? (await fileSystem.readDirectory(path)).filter(isList) : [null];
    for (const name of names) lists.push(await listAt(fileSystem, name === null ? path : join(path, name)));
  }
  return lists;
}

const isList = (name: string): boolean => name.endsWith('.crl');

async function listAt(fileSystem: FileSystem, path: string): Promise<CertificateList> {
  const sizeBytes = (await fileSystem.lstat(path))?.sizeBytes ?? 0;
  if (sizeBytes > releaseLimits.listBytes)
    throw new ThemisError('CERTIFICATE_INVALID', `${path} is too large for a revocation list.`);
  const parsed = parseCertificateList(await fileSystem.readFile(path));
  if (!parsed.ok) throw toTrustError(parsed, path);
  return parsed.list;
}

/** `365d` from now, or an instant. undefined when the option is absent. */
export function instantOf(session: Session, input: Input, option: string): string | undefined {
  const text = input.text(option);
  if (text === undefined || isTimestamp(text)) return text;
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new ThemisError(
      'USAGE',
      `--${option} takes a duration such as 365d or a time such as 2027-01-31T00:00:00Z, not "${text}".`,
    );
  }
  return formatInstant(session.clock.nowMs() + durationMs);
}

export function formatInstant(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'second' });
}

/** One line each, to stderr. */
export function reportFindings(session: Session, findings: readonly Finding[]): void {
  for (const { severity, code, summary, fix } of findings) {
    session.err.write(`${severity} ${code}: ${summary}${fix === undefined ? '' : ` ${fix}`}\n`);
  }
}
