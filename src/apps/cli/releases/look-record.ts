/** When a source was looked at last and how that ended: a small file beside the index that is kept of it. */
import { nullOr, objectOf, readShape, textOf, wholeNumber } from '../../../kernel/document/shape.ts';
import { parseStrictJson } from '../../../kernel/document/strict-json.ts';
import { isErrorCode, ThemisError, toFailure } from '../../../kernel/error.ts';
import { shapes } from '../../../model/release-format/shapes.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { writeWholeFile } from '../../../release/write-file.ts';

export interface LookRecord {
  readonly formatVersion: string;
  /** RFC 3339 UTC. */
  readonly triedAt: string;
  /** Of the last that was not in vain. */
  readonly lookedAt: string | null;
  /** Why the last was in vain; null: it was not. */
  readonly failure: LookFailure | null;
  /** The newest index whose signature was verified. */
  readonly verified: SeenIndex | null;
}

export interface LookFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly reason: string | null;
}

export type SeenIndex = Pick<ReleaseIndex, 'product' | 'counter'>;

/** `name`: of the file. */
export interface RecordPlace {
  readonly directory: string;
  readonly name: string;
}

const recordBytes = 1 << 16;
const longest = 4096;
const shortText = textOf('a text', (text) => text.length <= longest);

const record = objectOf<LookRecord>(
  {
    formatVersion: shapes.formatVersion,
    triedAt: shapes.timestamp,
    lookedAt: nullOr(shapes.timestamp),
    failure: nullOr(
      objectOf<LookFailure>(
        { code: shortText, message: shortText, hint: nullOr(shortText), reason: nullOr(shortText) },
        'refuse',
      ),
    ),
    verified: nullOr(objectOf<SeenIndex>({ product: shortText, counter: wholeNumber }, 'refuse')),
  },
  'refuse',
);

/** null where there is none that can be read: then nobody has looked. */
export async function readLookRecord(files: FileSystem, { directory, name }: RecordPlace): Promise<LookRecord | null> {
  const path = `${directory}/${name}`;
  const stat = await files.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > recordBytes) return null;
  const json = parseStrictJson(await files.readFile(path), recordBytes);
  const read = json.ok ? readShape(record, json.value) : null;
  return read?.ok === true ? read.value : null;
}

export async function writeLookRecord(
  files: FileSystem,
  { directory, name }: RecordPlace,
  value: LookRecord,
): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  await writeWholeFile(files, directory, name, bytes, 0o600);
}

export function lookFailureOf(error: unknown): LookFailure {
  const { code, message, hint = null } = toFailure(error);
  const reason = error instanceof ThemisError ? (error.reason ?? null) : null;
  return { code, message: message.slice(0, longest), hint: hint === null ? null : hint.slice(0, longest), reason };
}

export function errorOfLook({ code, message, hint, reason }: LookFailure): ThemisError {
  return new ThemisError(isErrorCode(code) ? code : 'BUG', message, {
    ...(hint === null ? {} : { hint }),
    ...(reason === null ? {} : { reason }),
  });
}
