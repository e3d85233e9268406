/**
 * The release catalogue of a fleet: what the index lists for its packages, and for those that their releases need, with
 * every manifest checked against the hash that the index names. Signatures are the node's to check before anything is written; this only reads.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { compareText } from '../../../kernel/finding.ts';
import type { Desired } from '../../../model/desired.ts';
import { releaseLimits, releaseNames } from '../../../model/release-format/layout.ts';
import type { Catalogue, ReleaseIndexEntry, ReleaseManifest } from '../../../model/release.ts';
import type { ReleaseSource } from '../../../ports/release-source.ts';
import { parseManifest } from '../../../trust/policy/parse-manifest.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import { openFleetSource, type SourceSession } from './fleet-source.ts';

const readsAtOnce = 16;

/** `directory` is the fleet directory. NOT_FOUND without an index; MANIFEST_INVALID or MANIFEST_HASH_MISMATCH for a bad one. */
export async function loadCatalogue(
  desired: Pick<Desired, 'fleet'>,
  directory: string,
  session: SourceSession,
): Promise<Catalogue> {
  const { releases, packages } = desired.fleet;
  try {
    return await readCatalogue(openFleetSource(desired.fleet, directory, session), new Set(Object.keys(packages)));
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND' || releases.kind !== 'directory') throw error;
    const where = resolve(directory, releases.directory);
    if (existsSync(join(where, releaseNames.index))) throw error;
    throw new ThemisError('NOT_FOUND', `There is no release index in ${where}.`, {
      cause: error,
      hint: 'Put releases there (release build, release sign), then run: themis release index DIR',
    });
  }
}

/** Releases of these packages and of all that they need, sorted by package, version and manifest hash. */
export async function readCatalogue(source: ReleaseSource, packages: ReadonlySet<string>): Promise<Catalogue> {
  const { index } = await source.readIndex();
  const byPackage = Map.groupBy(index.entries, (entry) => entry.package);
  const names = new Set(packages);
  const releases: ReleaseManifest[] = [];
  let wave = [...names];
  while (wave.length > 0) {
    const found = await readManifests(
      source,
      wave.flatMap((name) => byPackage.get(name) ?? []),
    );
    releases.push(...found);
    const needed = found.flatMap(neededBy).filter((name) => !names.has(name));
    for (const name of needed) names.add(name);
    wave = [...new Set(needed)];
  }
  releases.sort(
    (a, b) =>
      compareText(a.package, b.package) ||
      compareText(a.version, b.version) ||
      compareText(a.manifestHash, b.manifestHash),
  );
  const yanked = [...names]
    .flatMap((name) => byPackage.get(name) ?? [])
    .filter((entry) => entry.yanked === true)
    .map((entry) => entry.manifestHash);
  return { releases, yanked: yanked.sort(compareText) };
}

async function readManifests(source: ReleaseSource, entries: readonly ReleaseIndexEntry[]): Promise<ReleaseManifest[]> {
  const manifests: ReleaseManifest[] = [];
  for (let at = 0; at < entries.length; at += readsAtOnce) {
    const some = entries.slice(at, at + readsAtOnce);
    manifests.push(...(await Promise.all(some.map((entry) => readManifest(source, entry)))));
  }
  return manifests;
}

/** Optional dependencies bring nothing along. */
function neededBy({ dependencies }: ReleaseManifest): readonly string[] {
  return dependencies.filter((one) => !one.optional).map((one) => one.package);
}

async function readManifest(source: ReleaseSource, entry: ReleaseIndexEntry): Promise<ReleaseManifest> {
  const what = `${entry.package} ${entry.version} for ${entry.platform}/${entry.architecture} (${entry.url})`;
  const bytes = await source.readFile(entry.url, releaseLimits.manifestBytes);
  const parsed = parseManifest(bytes);
  // Whatever else is wrong with it, one that was changed is not the one that the index names.
  if (!parsed.ok && parsed.code !== 'MANIFEST_HASH_MISMATCH') throw toTrustError(parsed, what);
  if (!parsed.ok || parsed.manifest.manifestHash !== entry.manifestHash) {
    const hint = 'Sign and index the releases again, or restore the file.';
    throw new ThemisError('MANIFEST_HASH_MISMATCH', `The manifest of ${what} is not the one that the index names.`, {
      hint,
    });
  }
  const { manifest } = parsed;
  for (const field of ['package', 'version', 'platform', 'architecture'] as const) {
    if (manifest[field] === entry[field]) continue;
    throw new ThemisError(
      'MANIFEST_INVALID',
      `The manifest of ${what} says ${field} ${JSON.stringify(manifest[field])}.`,
    );
  }
  return manifest;
}
