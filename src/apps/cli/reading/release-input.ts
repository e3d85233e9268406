/** What the `release` commands share: options, and how files are named on the command line. */
import { resolve } from 'node:path';
import { parseDuration } from '../../../kernel/units/duration.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { isTimestamp } from '../../../model/release-format/shapes.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { anchorsLimitBytes, parseAnchors } from '../../../trust/policy/anchors.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Input, Session } from '../command.ts';

export function directoryOf(session: Session, input: Input, fallback = '.'): string {
  return resolve(session.directory, input.argument('DIR') ?? fallback);
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
