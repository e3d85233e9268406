/**
 * GitHub Releases as a releases directory (`github/asset-path.ts` says which path is which asset). With a token assets come
 * through the API, which private repositories need; without one from their public address, which no limit counts.
 */
import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { type Asset, createGithubApi, type GithubApi, type GithubApiOptions } from './github/api.ts';
import { assetPathOf, type AssetPath, indexTag } from './github/asset-path.ts';
import { createLookup, goneSince } from './github/lookup.ts';
import { parseBase, readIndexBy } from './http.ts';
import { type HttpAccess, openPayload, readDocument } from './http/files.ts';

export interface GithubSourceOptions extends Omit<GithubApiOptions, 'api'> {
  readonly apiUrl: string;
}

/** The public API. */
export const usualApiUrl = 'https://api.github.com';

/** Throws USAGE for an address that is none. */
export function openGithubSource(options: GithubSourceOptions): ReleaseSource {
  const base = parseBase(options.apiUrl);
  const api = createGithubApi({ ...options, api: base });
  const lookup = createLookup(api);
  return {
    host: base.origin,
    // Index and signature as they stand in the release at one moment.
    readIndex: () =>
      lookup.within(indexTag, true, (seen) =>
        readIndexBy(async (path, limitBytes) =>
          readAsset(options, api, await lookup.assetIn(seen, placeOf(path)), limitBytes),
        ),
      ),
    async readFile(path, limitBytes) {
      const place = placeOf(path);
      return lookup.within(place.tag, false, async (seen) =>
        readAsset(options, api, await lookup.assetIn(seen, place), limitBytes),
      );
    },
    async readChanged(path, limitBytes, known) {
      const changed = await lookup.changed(placeOf(path), known);
      if (changed === null) return { kind: 'unchanged' };
      const { asset, validator } = changed;
      return { kind: 'changed', bytes: await readAsset(options, api, asset, limitBytes), validator };
    },
    async openFile(path, wanted) {
      const place = placeOf(path);
      return lookup.within(place.tag, false, async (seen) => {
        const asset = await lookup.assetIn(seen, place);
        const target = await api.assetTarget(asset);
        const opened = await openPayload(options, target, wanted, api.inspect).catch((error: unknown) => {
          throw goneSince(error, asset);
        });
        return { ...opened, sizeBytes: opened.sizeBytes ?? asset.sizeBytes };
      });
    },
    async listFiles(path) {
      // What else its makers put into a release, checksums or packages for people, is nobody's business here.
      if (path !== '') placeOf(path);
      return null;
    },
  };
}

async function readAsset(access: HttpAccess, api: GithubApi, asset: Asset, limitBytes: number): Promise<Uint8Array> {
  const target = await api.assetTarget(asset);
  const read = await readDocument(access, target, limitBytes, null, api.inspect).catch((error: unknown) => {
    throw goneSince(error, asset);
  });
  if (read.kind === 'unchanged') throw new ThemisError('BUG', `${asset.name} was asked for without a condition.`);
  return read.bytes;
}

function placeOf(path: string): AssetPath {
  const problem = pathProblem(path);
  if (problem === undefined) return assetPathOf(path);
  throw new ThemisError('UNSAFE_PATH', `${JSON.stringify(path)} is refused as a path: ${problem}.`);
}
