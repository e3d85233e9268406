/**
 * The index of a source with as few requests and bytes as it takes. Whoever has one asks for the signature first, on the
 * condition that it is another one: as long as it is over what is known, nothing changed, whatever else lies there. Else
 * what changed since is read and merged, and `holds` says whether the signature is over what came out. Whatever does not
 * fit, whoever made it, ends in reading the whole. What is returned is as untrusted as what a source returns; only the
 * way there is shorter.
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
}

export interface FetchedIndex extends KnownIndex {
  readonly way: 'unchanged' | 'merged' | 'full';
}

/** Whether the signature is over exactly these bytes, by whatever the reader has to judge it. */
export type Holds = (bytes: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>;

const noValidators: IndexValidators = { index: null, signature: null };
/** Changes larger than what they change are not worth reading. */
const spareBytes = 1 << 16;

/**
 * One request where nothing changed, two where something did, three where it can be told by the whole only, and one more
 * where that was signed in between. Throws what the source throws; NOT_FOUND where it has no index.
 */
export async function fetchIndex(source: ReleaseSource, known: KnownIndex | null, holds: Holds): Promise<FetchedIndex> {
  // Where nothing is far away, the whole is as near as a part.
  if (known === null || source.host === '') {
    const whole = await readWhole(source, null);
    // After the index: then one that was signed meanwhile has its own signature, and not the one before it.
    return together(whole, await readSignature(source, null));
  }
  const signature = await readSignature(source, known);
  const isHeld = async (bytes: Uint8Array, by: Signature): Promise<boolean> =>
    by.bytes !== null && (await holds(bytes, by.bytes));
  if (await isHeld(known.bytes, signature)) return together({ ...known, way: 'unchanged' }, signature);
  const merged = signature.isNew ? await readChanges(source, known) : null;
  if (merged !== null && (await isHeld(merged.bytes, signature))) return together(merged, signature);
  const whole = await readWhole(source, known);
  if (signature.bytes === null || (await isHeld(whole.bytes, signature))) return together(whole, signature);
  return together(whole, await readSignature(source, null));
}

type Unsigned = Pick<FetchedIndex, 'bytes' | 'validators' | 'way'>;

interface Signature {
  readonly bytes: Uint8Array | null;
  readonly validator: string | null;
  /** There is one, and it is another than what was known. */
  readonly isNew: boolean;
}

function together({ bytes, validators, way }: Unsigned, signature: Signature): FetchedIndex {
  const { bytes: signed, validator } = signature;
  return { bytes, signature: signed, validators: { index: validators.index, signature: validator }, way };
}

/** What is known with the changes in it; null where there are none to be had, or none that fit. */
async function readChanges(source: ReleaseSource, known: KnownIndex): Promise<Unsigned | null> {
  const digest = digestBytes(known.bytes);
  const limitBytes = Math.min(releaseLimits.indexBytes, known.bytes.length + spareBytes);
  try {
    const delta = parseIndexDelta(bytesOf(await source.readChanged(indexDeltaPath(digest), limitBytes, null)));
    if (delta.from !== digest || delta.to === digest) return null;
    const merged = mergeIndex(parseReleaseIndex(known.bytes), delta);
    if (merged === null) return null;
    const bytes = encodeIndex(merged);
    if (digestBytes(bytes) !== delta.to) return null;
    return { bytes, validators: noValidators, way: 'merged' };
  } catch (error) {
    if (error instanceof ThemisError && fallsBack.has(error.code)) return null;
    throw error;
  }
}

/** What says something about the changes only. A source that does not answer at all will not give the whole either. */
const fallsBack: ReadonlySet<string> = new Set(['NOT_FOUND', 'IO', 'INDEX_INVALID', 'UNSUPPORTED_FORMAT']);

async function readWhole(source: ReleaseSource, known: KnownIndex | null): Promise<Unsigned> {
  const read = await source.readChanged(releaseNames.index, releaseLimits.indexBytes, known?.validators.index ?? null);
  if (read.kind === 'unchanged' && known !== null) return { ...known, way: 'unchanged' };
  return { bytes: bytesOf(read), validators: { ...noValidators, index: validatorOf(read) }, way: 'full' };
}

async function readSignature(source: ReleaseSource, known: KnownIndex | null): Promise<Signature> {
  const before = known?.signature == null ? null : { bytes: known.signature, validator: known.validators.signature };
  try {
    const asked = before?.validator ?? null;
    const read = await source.readChanged(releaseNames.indexSignature, releaseLimits.signatureBytes, asked);
    if (read.kind === 'unchanged' && before !== null) return { ...before, isNew: false };
    return { bytes: bytesOf(read), validator: validatorOf(read), isNew: true };
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') throw error;
    return { bytes: null, validator: null, isNew: false };
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
