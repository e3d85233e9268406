/**
 * The source of a fleet's releases. Of one that is far away the last index is kept in the state directory, so that the
 * next command reads what changed since. What is kept saves bytes and nothing else: what comes out has to be what the
 * signature is over, or the whole is read; and a state directory that cannot be used only costs those bytes.
 */
import { dirname } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openReleaseSource } from '../../../adapters/release-source/index.ts';
import { stateFile } from '../../../adapters/store/state-directory.ts';
import { digestBytes, shortDigest } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { DesiredFleet } from '../../../model/desired.ts';
import { parseReleaseIndex } from '../../../model/release-format/parse-index.ts';
import type { ReleaseIndex } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import { fetchIndex, type KnownIndex } from '../../../release/index/changes/fetch-index.ts';
import { decodeKeptIndex, encodeKeptIndex, keptIndexBytes } from '../../../release/index/changes/kept-index.ts';
import { writeWholeFile } from '../../../release/write-file.ts';
import { isSignedContent } from '../../../trust/cms/is-signed-content.ts';
import type { Session } from '../command.ts';

/** What reading releases needs of the surroundings. */
export type SourceSession = Pick<Session, 'environment' | 'clock'>;

export type SourceOwner = Pick<DesiredFleet, 'uid' | 'releases'>;

/** `directory` is the fleet directory. Throws USAGE or IO where the settings of the source cannot be used. */
export function openFleetSource(
  { uid, releases }: SourceOwner,
  directory: string,
  { environment, clock }: SourceSession,
): ReleaseSource {
  const source = openReleaseSource(releases, { directory, environment, clock });
  if (source.host === '') return source;
  return { ...source, readIndex: () => readIndex(source, keptPlace(environment, uid, releases)) };
}

/** Where things about the releases of a fleet are kept; `name` tells one source from another. */
export interface KeptPlace {
  readonly directory: string;
  readonly name: string;
}

export function keptPlace(
  environment: Session['environment'],
  uid: string,
  releases: SourceOwner['releases'],
): KeptPlace {
  const directory = `${dirname(stateFile(environment, uid))}/releases`;
  return { directory, name: shortDigest(digestBytes(JSON.stringify(releases)), 32) };
}

async function readIndex(source: ReleaseSource, place: KeptPlace) {
  const files = createNodeFileSystem();
  const known = await readKnownIndex(files, place);
  const fetched = await fetchIndex(source, known, isSignedContent);
  const index = parseReleaseIndex(fetched.bytes);
  const { bytes, signature } = fetched;
  if (!isOlder(index, known)) {
    await keepIndex(files, place, fetched).catch((error: unknown) => {
      if (!(error instanceof ThemisError)) throw error;
    });
  }
  return { index, bytes, signature };
}

/** What is kept answers `release check` too: whoever shows an older one for a moment must not hide what that one told. */
function isOlder({ product, counter }: ReleaseIndex, known: KnownIndex | null): boolean {
  if (known === null) return false;
  const kept = parseReleaseIndex(known.bytes);
  return kept.product === product && kept.counter > counter;
}

export async function keepIndex(files: FileSystem, { directory, name }: KeptPlace, fetched: KnownIndex): Promise<void> {
  await makeDirectories(files, directory);
  await writeWholeFile(files, directory, `${name}.index`, encodeKeptIndex(fetched), 0o600);
}

/** null where nothing is kept that can be read. */
export async function readKnownIndex(files: FileSystem, { directory, name }: KeptPlace): Promise<KnownIndex | null> {
  const path = `${directory}/${name}.index`;
  try {
    const stat = await files.lstat(path);
    if (stat?.kind !== 'file' || stat.sizeBytes > keptIndexBytes) return null;
    const known = decodeKeptIndex(await files.readFile(path));
    if (known !== null) parseReleaseIndex(known.bytes);
    return known;
  } catch (error) {
    if (error instanceof ThemisError) return null;
    throw error;
  }
}

export async function makeDirectories(files: FileSystem, path: string): Promise<void> {
  if ((await files.lstat(path))?.kind === 'directory') return;
  await makeDirectories(files, dirname(path));
  await files.makeDirectory(path);
}
