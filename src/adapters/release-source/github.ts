/**
 * GitHub Releases as a releases directory (`github/asset-path.ts` says which path is which asset). With a token assets come
 * through the API, which private repositories need. Without one they come from their public address: no limit counts that,
 * and the API would answer sixty requests an hour.
 */
import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { type Asset, createGithubApi, type GithubApi, type GithubApiOptions } from './github/api.ts';
import { assetPathOf, type AssetPath, indexTag } from './github/asset-path.ts';
import { createLookup, goneSince, isNotFound } from './github/lookup.ts';
import { openHttpSource, parseBase, readIndexBy } from './http.ts';
import { type HttpAccess, openPayload, readDocument } from './http/files.ts';

export interface GithubSourceOptions extends Omit<GithubApiOptions, 'api' | 'token'> {
  readonly apiUrl: string;
  readonly token: (() => Promise<string>) | null;
}

/** The public API. */
export const usualApiUrl = 'https://api.github.com';

/** Throws USAGE for an address that is none. */
export function openGithubSource(options: GithubSourceOptions): ReleaseSource {
  const { token } = options;
  const base = parseBase(options.apiUrl);
  return token === null ? openPublicSource(options, base) : openApiSource({ ...options, api: base, token });
}

function openPublicSource(options: GithubSourceOptions, api: URL): ReleaseSource {
  const { owner, repo } = options;
  const url = `${siteOf(api)}${encodeURIComponent(owner)}/${encodeURIComponent(repo)}/releases/download`;
  const source = openHttpSource({ ...options, url, authorization: async () => null });
  const at = (path: string): string => {
    const { tag, name } = placeOf(path);
    return `${tag}/${name}`;
  };
  const readFile = async (path: string, limitBytes: number): Promise<Uint8Array> =>
    source.readFile(at(path), limitBytes).catch((error: unknown) => {
      throw isNotFound(error) ? unseen(error) : error;
    });
  return {
    host: source.host,
    readIndex: () => readIndexBy(readFile),
    readFile,
    readChanged: async (path, limitBytes, known) => source.readChanged(at(path), limitBytes, known),
    openFile: async (path, wanted) => source.openFile(at(path), wanted),
    listFiles: listNothing,
  };
}

function unseen({ message, cause }: ThemisError): ThemisError {
  const hint = 'Publish it: a draft is not seen. A private repository needs a token (tokenFrom).';
  return new ThemisError('NOT_FOUND', message, { cause, hint });
}

/** Where the pages of repositories are, with a slash at its end. */
function siteOf(api: URL): string {
  if (/^api\.(?:github\.com|[^.]+\.ghe\.com)$/u.test(api.hostname)) return `https://${api.host.slice('api.'.length)}/`;
  if (api.pathname.endsWith('/api/v3/')) return `${api.origin}${api.pathname.slice(0, -'api/v3/'.length)}`;
  throw new ThemisError('USAGE', `Nobody knows where the public pages of the API at ${api.host} are.`, {
    hint: 'Name a token with tokenFrom; then everything comes over the API.',
  });
}

function openApiSource(options: GithubApiOptions): ReleaseSource {
  const api = createGithubApi(options);
  const lookup = createLookup(api);
  return {
    host: options.api.origin,
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
        const opened = await openPayload(options, target, wanted, target.inspect).catch((error: unknown) => {
          throw goneSince(error, asset);
        });
        return { ...opened, sizeBytes: opened.sizeBytes ?? asset.sizeBytes };
      });
    },
    listFiles: listNothing,
  };
}

/** What else its makers put into a release, checksums or packages for people, is nobody's business here. */
async function listNothing(path: string): Promise<null> {
  if (path !== '') placeOf(path);
  return null;
}

async function readAsset(access: HttpAccess, api: GithubApi, asset: Asset, limitBytes: number): Promise<Uint8Array> {
  const target = await api.assetTarget(asset);
  const read = await readDocument(access, target, limitBytes, null, target.inspect).catch((error: unknown) => {
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
