/**
 * The index of a fleet's releases as `release check` sees it: asked for at most once in an interval, by one request that
 * names what is known already, and kept in the fleet's state directory with when that was. A look that fails counts as
 * one, so that whoever runs this in a loop does not knock at a door that is shut.
 */
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { nullOr, objectOf, readShape, textOf } from '../../../kernel/document/shape.ts';
import { parseStrictJson } from '../../../kernel/document/strict-json.ts';
import { exitCodeOf, ThemisError, toFailure } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import { releaseLimits, releaseNames } from '../../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../../model/release-format/parse-index.ts';
import { shapes } from '../../../model/release-format/shapes.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import type { KnownIndex } from '../../../release/index/changes/fetch-index.ts';
import { encodeKeptIndex } from '../../../release/index/changes/kept-index.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import { checkIndex } from '../../../trust/policy/check-index.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import type { Session } from '../command.ts';
import { awaitLock } from '../reading/await-lock.ts';
import { makeDirectories, readKnownIndex } from '../reading/fleet-source.ts';

export interface LookedIndex {
  readonly index: ReleaseIndex;
  /** When the source was asked for it. */
  readonly atMs: number;
  readonly asked: boolean;
  /** When it may be asked again. */
  readonly nextMs: number;
  readonly failure: string | null;
}

export interface Look {
  readonly source: ReleaseSource;
  /** For people. */
  readonly address: string;
  /** Where what is known of it is kept. */
  readonly place: { readonly directory: string; readonly name: string };
  readonly intervalMs: number;
  /** Whom to believe; null: the index is taken as it is. */
  readonly trust: TrustStore | null;
}

interface LookRecord {
  readonly formatVersion: string;
  readonly triedAt: string;
  /** Of the last that was not in vain. */
  readonly lookedAt: string | null;
  readonly failure: string | null;
}

const record = objectOf<LookRecord>(
  {
    formatVersion: shapes.formatVersion,
    triedAt: shapes.timestamp,
    lookedAt: nullOr(shapes.timestamp),
    failure: nullOr(textOf('a text', (text) => text.length <= 4096)),
  },
  'refuse',
);
const recordBytes = 1 << 16;

/** Throws what the source throws where nothing is kept; a refusal of its signature always. */
export async function lookAtIndex(session: Session, look: Look): Promise<LookedIndex> {
  const files = createNodeFileSystem();
  const place = placeOf(look);
  await makeDirectories(files, place.directory);
  const lock = await awaitLock(session, files, `${place.directory}/lock`, 'looking for releases');
  try {
    const known = await readKnownIndex(files, place.index);
    const before = await readRecord(files, place.record);
    const nowMs = session.clock.nowMs();
    const triedMs = before === null ? -Infinity : Date.parse(before.triedAt);
    // A clock that was set back does not keep anybody from looking for ever.
    const isDue = nowMs >= triedMs + look.intervalMs || triedMs > nowMs || cannotBeJudged(look, known);
    if (!isDue) return answer(look, nowMs, known, before!);
    const tried: LookRecord = {
      formatVersion: '1.0',
      triedAt: formatInstant(nowMs),
      lookedAt: known === null ? null : (before?.lookedAt ?? null),
      failure: 'It was cut off.',
    };
    // Before the request: one that is killed was one.
    await writeRecord(files, place, tried);
    const fetched = await ask(look, known, nowMs).catch((error: unknown) => error);
    if (!isKnown(fetched)) {
      const failure = toFailure(fetched).message.slice(0, 4096);
      await writeRecord(files, place, { ...tried, failure });
      const isAway = fetched instanceof ThemisError && exitCodeOf(fetched.code) !== exitCode.refused;
      // What was refused is to be seen; a source that does not answer is made up for by what it said before.
      if (!isAway || known === null) throw fetched;
      return answer(look, nowMs, known, { ...tried, failure });
    }
    await writeWholeFile(files, place.directory, place.indexName, encodeKeptIndex(fetched), 0o600);
    const done = { ...tried, lookedAt: formatInstant(nowMs), failure: null };
    await writeRecord(files, place, done);
    return { ...answer(look, nowMs, fetched, done), asked: true };
  } finally {
    await lock.release();
  }
}

/** One request; one more for the signature where somebody is to be believed. */
async function ask(look: Look, known: KnownIndex | null, nowMs: number): Promise<KnownIndex> {
  const { source, trust } = look;
  const read = await source.readChanged(releaseNames.index, releaseLimits.indexBytes, known?.validators.index ?? null);
  const same = read.kind === 'unchanged' && known !== null;
  if (read.kind === 'unchanged' && !same) throw new ThemisError('IO', 'The source says that nothing changed.');
  const bytes = read.kind === 'changed' ? read.bytes : known!.bytes;
  const index = read.kind === 'changed' ? read.validator : known!.validators.index;
  // Before it is kept: one that cannot be read would be in the way of the one before.
  parseReleaseIndex(bytes);
  if (trust === null) {
    const kept = same ? known : null;
    return {
      bytes,
      signature: kept?.signature ?? null,
      validators: { index, signature: kept?.validators.signature ?? null },
    };
  }
  const signature = await source.readFile(releaseNames.indexSignature, releaseLimits.signatureBytes).catch(absent);
  const fetched = { bytes, signature, validators: { index, signature: null } };
  judge(look, fetched, nowMs);
  return fetched;
}

/** Kept by somebody who did not say whom to believe. */
function cannotBeJudged({ trust }: Look, known: KnownIndex | null): boolean {
  return trust !== null && known !== null && known.signature === null;
}

function answer(
  look: Look,
  nowMs: number,
  known: KnownIndex | null,
  { triedAt, lookedAt, failure }: LookRecord,
): LookedIndex {
  const nextMs = Date.parse(triedAt) + look.intervalMs;
  if (known === null || lookedAt === null) {
    throw new ThemisError('UNREACHABLE', `The last look at ${look.address}, at ${triedAt}, was in vain: ${failure}`, {
      hint: `The next one is at ${formatInstant(nextMs)}; to look at once: --interval 0s`,
    });
  }
  judge(look, known, nowMs);
  const index = parseReleaseIndex(known.bytes);
  return { index, atMs: Date.parse(lookedAt), asked: false, nextMs, failure };
}

function judge({ trust }: Look, { bytes, signature }: KnownIndex, nowMs: number): void {
  if (trust === null) return;
  const checked = checkIndex({ index: bytes, signature, trust, nowMs });
  if (!checked.ok) throw toTrustError(checked, releaseNames.index);
}

interface Place {
  readonly directory: string;
  readonly index: string;
  readonly indexName: string;
  readonly record: string;
  readonly recordName: string;
}

function placeOf({ place: { directory, name } }: Look): Place {
  const [indexName, recordName] = [`${name}.looked`, `${name}.look.json`];
  return { directory, index: `${directory}/${indexName}`, indexName, record: `${directory}/${recordName}`, recordName };
}

async function readRecord(files: FileSystem, path: string): Promise<LookRecord | null> {
  const stat = await files.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > recordBytes) return null;
  const json = parseStrictJson(await files.readFile(path), recordBytes);
  const read = json.ok ? readShape(record, json.value) : null;
  return read?.ok === true ? read.value : null;
}

async function writeRecord(files: FileSystem, { directory, recordName }: Place, value: LookRecord): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  await writeWholeFile(files, directory, recordName, bytes, 0o600);
}

function isKnown(fetched: unknown): fetched is KnownIndex {
  return typeof fetched === 'object' && fetched !== null && 'validators' in fetched;
}

function absent(error: unknown): null {
  if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
  throw error;
}
