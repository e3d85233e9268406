import { integerFrom, listOf, objectOf, optional, textOf } from '../../kernel/document/shape.ts';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import type { DeltaFile, ReleaseDelta } from '../delta.ts';
import { releaseLimits, releaseNames } from './layout.ts';
import { byUnknown, readDocument, type Unknown } from './read-document.ts';
import { shapes } from './shapes.ts';

const fileOf = (unknown: Unknown) =>
  objectOf<DeltaFile>(
    {
      path: shapes.path,
      basePath: optional(shapes.path),
      baseHash: shapes.hex,
      targetHash: shapes.hex,
      patchUrl: textOf(`the safe relative path of a patch in ${releaseNames.patches}/`, isPatchUrl),
      patchHash: shapes.hex,
      patchSize: integerFrom(1, releaseLimits.patchBytes),
      targetSize: integerFrom(0, releaseLimits.fileBytes),
      algorithm: unknown === 'drop' ? shapes.algorithm : shapes.knownAlgorithm,
    },
    unknown,
  );

const deltas = byUnknown((unknown) =>
  objectOf<ReleaseDelta>(
    {
      formatVersion: shapes.formatVersion,
      product: shapes.line,
      package: shapes.package,
      platform: shapes.platform,
      architecture: shapes.architecture,
      from: shapes.version,
      to: shapes.version,
      fromManifestHash: shapes.digest,
      toManifestHash: shapes.digest,
      files: listOf(fileOf(unknown), releaseLimits.files),
    },
    unknown,
  ),
);

/** Form only: whether it is signed, and of which releases, is for `trust/`. Throws UNSUPPORTED_FORMAT or DELTA_INVALID. */
export function parseReleaseDelta(bytes: Uint8Array, unknown: Unknown = 'drop'): ReleaseDelta {
  const kind = { name: releaseNames.delta, limitBytes: releaseLimits.deltaBytes, code: 'DELTA_INVALID' } as const;
  const read = readDocument(bytes, deltas[unknown], kind);
  if (read.fromManifestHash === read.toManifestHash) throw invalid('leads from a release to itself');
  const { files } = read;
  const index = files.findIndex(
    ({ path }, position) => position > 0 && compareText(files[position - 1]!.path, path) >= 0,
  );
  if (index !== -1) throw invalid(`names ${files[index]!.path} twice or out of order`);
  const idle = files.find(({ baseHash, targetHash }) => baseHash === targetHash);
  if (idle !== undefined) throw invalid(`patches ${idle.path}, whose content does not change`);
  checkPatches(files);
  return read;
}

/** A patch that serves several files is the same for all of them: whoever looks at one has looked at all. */
function checkPatches(files: readonly DeltaFile[]): void {
  const known = new Map<string, DeltaFile>();
  for (const each of files) {
    const { patchUrl, patchHash, patchSize } = each;
    const before = known.get(patchUrl) ?? each;
    if (patchHash !== before.patchHash || patchSize !== before.patchSize)
      throw invalid(`names ${patchUrl} for ${before.path} and ${each.path} with another hash or size`);
    known.set(patchUrl, each);
  }
}

/** Each patch once, by one of the files it serves. */
export function distinctPatches(files: readonly DeltaFile[]): readonly DeltaFile[] {
  return [...new Map(files.map((each) => [each.patchUrl, each])).values()];
}

/** The bytes that are signed: equal deltas give equal bytes. */
export function encodeReleaseDelta(parts: ReleaseDelta): Uint8Array {
  const { formatVersion, product, package: name, platform, architecture, from, to } = parts;
  const { fromManifestHash, toManifestHash } = parts;
  const head = { formatVersion, product, package: name, platform, architecture, from, to };
  const files = parts.files.map((each) => ({
    path: each.path,
    ...(each.basePath === undefined ? {} : { basePath: each.basePath }),
    baseHash: each.baseHash,
    targetHash: each.targetHash,
    patchUrl: each.patchUrl,
    patchHash: each.patchHash,
    patchSize: each.patchSize,
    targetSize: each.targetSize,
    algorithm: each.algorithm,
  }));
  const text = JSON.stringify({ ...head, fromManifestHash, toManifestHash, files }, null, 2);
  return new TextEncoder().encode(`${text}\n`);
}

function isPatchUrl(url: string): boolean {
  return pathProblem(url) === undefined && url.startsWith(`${releaseNames.patches}/`);
}

function invalid(what: string): ThemisError {
  return new ThemisError('DELTA_INVALID', `${releaseNames.delta} ${what}.`);
}
