/**
 * The index of a fleet's releases as `release check` sees it: looked at once in an interval, whoever runs it, and kept
 * where other commands keep what they read. A look that fails, is refused or is killed counts as one, so that whoever
 * runs this in a loop does not knock at a door that is shut. An index that is older than the one before never takes its
 * place: it would hide what that one told.
 */
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { isRefusal, ThemisError } from '../../../kernel/error.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../../model/release-format/parse-index.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import { fetchIndex, type KnownIndex } from '../../../release/index/changes/fetch-index.ts';
import { isSignedContent } from '../../../trust/cms/is-signed-content.ts';
import { checkIndexCounter } from '../../../trust/policy/check-counters.ts';
import { checkIndex } from '../../../trust/policy/check-index.ts';
import type { TrustStore } from '../../../trust/policy/trust-store.ts';
import { type Refusal, toTrustError } from '../../../trust/refusal.ts';
import type { Session } from '../command.ts';
import { awaitLock } from '../reading/await-lock.ts';
import { keepIndex, type KeptPlace, makeDirectories, readKnownIndex } from '../reading/fleet-source.ts';
import {
  errorOfLook,
  type LookFailure,
  lookFailureOf,
  type LookRecord,
  readLookRecord,
  type RecordPlace,
  type SeenIndex,
  writeLookRecord,
} from './look-record.ts';

export interface LookedIndex {
  readonly index: ReleaseIndex;
  /** When the source was asked for it. */
  readonly atMs: number;
  /** Whether the source was asked just now, if in vain. */
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
  readonly place: KeptPlace;
  readonly intervalMs: number;
  /** Whom to believe; null: the index is taken as it is. */
  readonly trust: TrustStore | null;
}

/** Throws what the source throws where nothing is kept; a refusal of its signature always. */
export async function lookAtIndex(session: Session, look: Look): Promise<LookedIndex> {
  const files = createNodeFileSystem();
  const { directory } = look.place;
  await makeDirectories(files, directory);
  const lock = await awaitLock(session, files, `${directory}/lock`, 'looking for releases');
  try {
    const known = await readKnownIndex(files, look.place);
    const before = await readLookRecord(files, recordPlaceOf(look));
    const nowMs = session.clock.nowMs();
    const triedMs = before === null ? -Infinity : Date.parse(before.triedAt);
    // A clock that was set back does not keep anybody from looking for ever.
    const isDue = before === null || nowMs >= triedMs + look.intervalMs || triedMs > nowMs;
    return isDue
      ? await lookNow(files, look, nowMs, known, before)
      : { ...answer(look, nowMs, known, before), asked: false };
  } finally {
    await lock.release();
  }
}

async function lookNow(
  files: FileSystem,
  look: Look,
  nowMs: number,
  known: KnownIndex | null,
  before: LookRecord | null,
): Promise<LookedIndex> {
  const place = recordPlaceOf(look);
  const tried: LookRecord = {
    formatVersion: '1.0',
    triedAt: formatInstant(nowMs),
    lookedAt: before?.lookedAt ?? null,
    failure: cutOff,
    verified: before?.verified ?? null,
  };
  // Before the request: one that is killed was one.
  await writeLookRecord(files, place, tried);
  let fetched: KnownIndex;
  let index: ReleaseIndex;
  try {
    fetched = await fetchIndex(look.source, known, (bytes, signature) => isSignedBy(look, nowMs, bytes, signature));
    index = judged(look, nowMs, fetched, newestOf(look, nowMs, known, tried));
  } catch (error) {
    const failed = { ...tried, failure: lookFailureOf(error) };
    await writeLookRecord(files, place, failed);
    // Where nobody is to be believed, an older index is told, and what is kept answers.
    const isTold = !isRefusal(failed.failure) || (look.trust === null && failed.failure.reason === olderCode);
    if (!isTold || known === null || failed.lookedAt === null) throw error;
    return { ...answer(look, nowMs, known, failed), asked: true };
  }
  await keepIndex(files, look.place, fetched);
  const { product, counter } = index;
  const verified = look.trust === null ? tried.verified : { product, counter };
  await writeLookRecord(files, place, { ...tried, lookedAt: tried.triedAt, failure: null, verified });
  return { index, atMs: nowMs, asked: true, nextMs: nowMs + look.intervalMs, failure: null };
}

const olderCode = 'INDEX_ROLLED_BACK';
const cutOff: LookFailure = { code: 'UNREACHABLE', message: 'It was cut off.', hint: null, reason: null };

/** From what is kept. Whom to believe is asked of it as well: it may have been kept by somebody who believed everybody. */
function answer(
  look: Look,
  nowMs: number,
  known: KnownIndex | null,
  { triedAt, lookedAt, failure, verified }: LookRecord,
): Omit<LookedIndex, 'asked'> {
  const nextMs = Date.parse(triedAt) + look.intervalMs;
  const hint = `The next one is at ${formatInstant(nextMs)}; to look at once: --interval 0s`;
  if (failure !== null && isRefusal(failure) && look.trust !== null)
    throw errorOfLook({ ...failure, hint: failure.hint === null ? hint : `${failure.hint} ${hint}` });
  if (failure !== null && (known === null || lookedAt === null)) {
    const message = `The last look at ${look.address}, at ${triedAt}, was in vain: ${failure.message}`;
    throw new ThemisError('UNREACHABLE', message, { hint });
  }
  if (known === null || lookedAt === null) {
    const message = `What the last look at ${look.address}, at ${triedAt}, found is no more in ${look.place.directory}.`;
    throw new ThemisError('NOT_FOUND', message, { hint });
  }
  const index = judged(look, nowMs, known, look.trust === null ? null : verified);
  // Kept by another command, since what was verified is lost.
  const older = verified === null ? undefined : refusalAfter(look, index, verified);
  return { index, atMs: Date.parse(lookedAt), nextMs, failure: failure?.message ?? older?.message ?? null };
}

/** Throws for one that is not to be believed, or older than `floor`. */
function judged(look: Look, nowMs: number, { bytes, signature }: KnownIndex, floor: SeenIndex | null): ReleaseIndex {
  if (look.trust !== null) {
    const checked = checkIndex({ index: bytes, signature, trust: look.trust, nowMs });
    if (!checked.ok) throw toTrustError(checked, releaseNames.index);
  }
  const index = parseReleaseIndex(bytes);
  const refusal = floor === null ? undefined : refusalAfter(look, index, floor);
  if (refusal !== undefined) throw toTrustError(refusal, releaseNames.index);
  return index;
}

function refusalAfter({ trust, place }: Look, index: ReleaseIndex, floor: SeenIndex): Refusal | undefined {
  // How far a publisher may count ahead is for the nodes to say.
  if (index.product === floor.product) return checkIndexCounter(index, floor.counter, Number.POSITIVE_INFINITY);
  if (trust === null) return undefined;
  return {
    ok: false,
    code: 'RELEASE_PRODUCT',
    message: `It is of product ${index.product}; the one before was of ${floor.product}.`,
    fix: `If that is meant, remove what is kept: ${place.directory}/${place.name}.*`,
  };
}

/** What the next index must not be older than. Where somebody is to be believed, only what they signed counts. */
function newestOf(look: Look, nowMs: number, known: KnownIndex | null, { verified }: LookRecord): SeenIndex | null {
  const { trust } = look;
  if (known === null) return verified;
  const { bytes, signature } = known;
  if (trust !== null && (signature === null || !isSignedBy(look, nowMs, bytes, signature))) return verified;
  const kept = parseReleaseIndex(bytes);
  if (verified === null) return kept;
  if (verified.product !== kept.product) return trust === null ? kept : verified;
  return verified.counter > kept.counter ? verified : kept;
}

/** Apart from its age, which asking once more would not change. */
function isSignedBy({ trust }: Look, nowMs: number, index: Uint8Array, signature: Uint8Array): boolean {
  if (trust === null) return isSignedContent(index, signature);
  const checked = checkIndex({ index, signature, trust, nowMs });
  return checked.ok || checked.code === 'INDEX_STALE' || checked.code === 'INDEX_FUTURE';
}

function recordPlaceOf({ place: { directory, name } }: Look): RecordPlace {
  return { directory, name: `${name}.look.json` };
}
