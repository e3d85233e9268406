/** What the `release` commands share: options, and how files are named on the command line. */
import { resolve } from 'node:path';
import { openSigner } from '../../../adapters/signer/index.ts';
import { parseDuration } from '../../../kernel/units/duration.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { isTimestamp } from '../../../model/release-format/shapes.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { Signer } from '../../../ports/signer.ts';
import { anchorsLimitBytes, parseAnchors } from '../../../trust/policy/anchors.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Input, Option, Session } from '../command.ts';

const keyOption: Option = {
  name: '--key',
  value: 'FILE',
  summary: 'private key, PKCS#8 in PEM, readable by its owner only',
};
const certificateOption: Option = {
  name: '--certificate',
  value: 'FILE',
  summary: 'certificate of the key, then intermediates, in PEM',
};

export const signerOptions: readonly Option[] = [keyOption, certificateOption];
export const requiredSignerOptions: readonly Option[] = [
  { ...keyOption, required: true },
  { ...certificateOption, required: true },
];

export function directoryOf(session: Session, input: Input, fallback = '.'): string {
  return resolve(session.directory, input.argument('DIR') ?? fallback);
}

/** undefined when neither is given. Throws USAGE when only one is. */
export function signerOf(session: Session, input: Input): Signer | undefined {
  const key = input.text('key');
  const certificate = input.text('certificate');
  if (key === undefined && certificate === undefined) return undefined;
  if (key === undefined || certificate === undefined) {
    throw new ThemisError('USAGE', `--${key === undefined ? 'key' : 'certificate'} is needed as well.`);
  }
  return openSigner({
    kind: 'software',
    key: resolve(session.directory, key),
    certificate: resolve(session.directory, certificate),
  });
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
