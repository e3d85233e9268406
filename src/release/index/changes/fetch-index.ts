/**
 * The index of a source with as few bytes as it takes: whoever has one asks for what changed since, merges it, and has
 * the newest, or not: `holds` says whether the signature is over what came out. Whatever does not fit, whoever made it,
 * ends in reading the whole. What is returned is as untrusted as what a source returns; only the way there is shorter.
 */
import { digestBytes } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { indexDeltaPath, releaseLimits, releaseNames } from '../../../model/release-format/layout.ts';
import { parseIndexDelta } from '../../../model/release-format/parse-index-delta.ts';
import { parseReleaseIndex } from '../../../model/release-format/parse-index.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import { encodeIndex } from '../encode-index.ts';
import { mergeIndex } from './index-delta.ts';

export interface KnownIndex {
  /** Of `index.json`. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array | null;
  /** What the source named them by, to be told that they are still the same; null where it gave none. */
  readonly validators: IndexValidators;
}

export interface IndexValidators {
  readonly index: string | null;
  readonly signature: string | null;
  /** Of the answer that nothing changed since these bytes. */
  readonly changes: string | null;
}

export interface FetchedIndex extends KnownIndex {
  readonly way: 'unchanged' | 'merged' | 'full';
}

/** Whether the signature is over exactly these bytes, by whatever the reader has to judge it. */
export type Holds = (bytes: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;

const noValidators: IndexValidators = { index: null, signature: null, changes: null };
/** Changes larger than what they change are not worth reading. */
const spareBytes = 1 << 16;

/** Throws what the source throws; NOT_FOUND where it has no index. */
export async function fetchIndex(source: ReleaseSource, known: KnownIndex | null, holds: Holds): Promise<FetchedIndex> {
  // Where nothing is far away, the whole is as near as a part.
  if (known !== null && source.host !== '') {
    const merged = await readChanges(source, known);
    const held = merged === null ? null : await readHeld(source, known, merged, holds);
    if (held !== null) return held;
    const again = await readHeld(source, known, await readWhole(source, known), holds);
    if (again !== null) return again;
  }
  return withSignature(source, null, await readWhole(source, null));
}

/** With its signature; null where that is not over it. */
async function readHeld(
  source: ReleaseSource,
  known: KnownIndex,
  index: WithoutSignature,
  holds: Holds,
): Promise<FetchedIndex | null> {
  const isHeld = async ({ bytes, signature }: KnownIndex): Promise<boolean> =>
    signature !== null && (await holds(bytes, signature));
  const fetched = await withSignature(source, known, index);
  if (await isHeld(fetched)) return fetched;
  if (fetched.signature !== known.signature) return null;
  // Servers that tag by size and whole seconds call another signature of the same second unchanged.
  const again = await withSignature(source, null, index);
  return (await isHeld(again)) ? again : null;
}

type WithoutSignature = Omit<FetchedIndex, 'signature'>;

/** What is known with the changes in it; null where there are none to be had, or none that fit. */
async function readChanges(source: ReleaseSource, known: KnownIndex): Promise<WithoutSignature | null> {
  const digest = digestBytes(known.bytes);
  const limitBytes = Math.min(releaseLimits.indexBytes, known.bytes.length + spareBytes);
  try {
    const read = await source.readChanged(indexDeltaPath(digest), limitBytes, known.validators.changes);
    if (read.kind === 'unchanged') return { ...known, way: 'unchanged' };
    const delta = parseIndexDelta(read.bytes);
    if (delta.from !== digest) return null;
    if (delta.to === digest)
      return { ...known, validators: { ...known.validators, changes: read.validator }, way: 'unchanged' };
    const merged = mergeIndex(parseReleaseIndex(known.bytes), delta);
    if (merged === null) return null;
    const bytes = encodeIndex(merged);
    if (digestBytes(bytes) !== delta.to) return null;
    return { bytes, validators: { ...noValidators, signature: known.validators.signature }, way: 'merged' };
  } catch (error) {
    if (error instanceof ThemisError && fallsBack.has(error.code)) return null;
    throw error;
  }
}

/** What says something about the changes only. A source that does not answer at all will not give the whole either. */
const fallsBack: ReadonlySet<string> = new Set(['NOT_FOUND', 'IO', 'INDEX_INVALID', 'UNSUPPORTED_FORMAT']);

async function readWhole(source: ReleaseSource, known: KnownIndex | null): Promise<WithoutSignature> {
  const read = await source.readChanged(releaseNames.index, releaseLimits.indexBytes, known?.validators.index ?? null);
  return read.kind === 'changed' || known === null
    ? { bytes: bytesOf(read), validators: { ...noValidators, index: validatorOf(read) }, way: 'full' }
    : { ...known, way: 'unchanged' };
}

/** After the index, never before: then one that was signed meanwhile has its own signature, and not the one before it. */
async function withSignature(
  source: ReleaseSource,
  known: KnownIndex | null,
  index: WithoutSignature,
): Promise<FetchedIndex> {
  const hasOld = known !== null && known.signature !== null;
  try {
    const read = await source.readChanged(
      releaseNames.indexSignature,
      releaseLimits.signatureBytes,
      hasOld ? known.validators.signature : null,
    );
    const signature = read.kind === 'unchanged' && hasOld ? known.signature : bytesOf(read);
    const validator = read.kind === 'unchanged' && hasOld ? known.validators.signature : validatorOf(read);
    return { ...index, signature, validators: { ...index.validators, signature: validator } };
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') throw error;
    return { ...index, signature: null, validators: { ...index.validators, signature: null } };
  }
}

type Read = Awaited<ReturnType<ReleaseSource['readChanged']>>;

function bytesOf(read: Read): Uint8Array {
  if (read.kind === 'changed') return read.bytes;
  throw new ThemisError('IO', 'The source says that nothing changed, without having been told what was known.');
}

function validatorOf(read: Read): string | null {
  return read.kind === 'changed' ? read.validator : null;
}
