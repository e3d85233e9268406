/**
 * Which asset of which release a path is, as the API says. What was looked up counts until something is missing by it: then
 * it is looked up once more, because releases are filled and assets replaced while somebody reads.
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { Asset, GithubApi, Release } from './api.ts';
import type { AssetPath } from './asset-path.ts';

/** A release as it was seen: its assets that came along, and all of them once one was missing there. */
export interface Seen {
  readonly tag: string | null;
  readonly id: number;
  readonly embedded: ReadonlyMap<string, Asset>;
  all?: Promise<ReadonlyMap<string, Asset>>;
}

export interface Lookup {
  /** Works on a release as it was seen before, or as it is now where `isFresh`. */
  within<T>(tag: string, isFresh: boolean, work: (seen: Seen) => Promise<T>): Promise<T>;
  /** NOT_FOUND. */
  assetIn(seen: Seen, place: AssetPath): Promise<Asset>;
  /** null: the asset is what `known`, a validator of before, says. */
  changed(
    place: AssetPath,
    known: string | null,
  ): Promise<{ readonly asset: Asset; readonly validator: string } | null>;
}

const replaced = 'assetReplaced';

/** What is said of an asset that the API listed a moment ago. */
export function goneSince(error: unknown, { name }: Asset): unknown {
  if (!isNotFound(error)) return error;
  const message = `The asset ${name} was listed and is gone.`;
  return new ThemisError('UNREACHABLE', message, { cause: error, reason: replaced });
}

export function isNotFound(error: unknown): error is ThemisError {
  return error instanceof ThemisError && error.code === 'NOT_FOUND';
}

export function createLookup(api: GithubApi): Lookup {
  const releases = new Map<string, Promise<Seen>>();
  const look = (tag: string): Promise<Seen> => {
    const seen = readSeen(api, tag);
    releases.set(tag, seen);
    seen.catch(() => {
      if (releases.get(tag) === seen) releases.delete(tag);
    });
    return seen;
  };
  const assetIn = async (seen: Seen, { tag, name }: AssetPath): Promise<Asset> => {
    const embedded = seen.embedded.get(name);
    if (embedded !== undefined) return embedded;
    seen.all ??= readAll(api, seen.id);
    const asset = (await seen.all).get(name);
    if (asset !== undefined) return asset;
    throw new ThemisError('NOT_FOUND', `The release tagged ${tag} has no asset ${name}.`);
  };
  return {
    assetIn,
    async within(tag, isFresh, work) {
      const before = isFresh ? undefined : releases.get(tag);
      const seen = await (before ?? look(tag));
      try {
        return await work(seen);
      } catch (error) {
        if (!isWorthALook(error, before !== undefined)) throw error;
        return work(await look(tag));
      }
    },
    async changed(place, known) {
      const [id = '', updatedAt = '', knownTag = ''] = known?.split(' ') ?? [];
      const read = await api.readRelease(place.tag, knownTag === '' ? null : knownTag);
      if (read === null) return null;
      const seen = seenOf(read);
      releases.set(place.tag, Promise.resolve(seen));
      const asset = await assetIn(seen, place);
      // The release itself changes with each download that GitHub counts, its assets do not.
      if (String(asset.id) === id && asset.updatedAt === updatedAt) return null;
      // One that does not name the asset may stay as it is while the asset changes.
      const releaseTag = seen.embedded.has(place.name) ? (seen.tag ?? '') : '';
      return { asset, validator: `${asset.id} ${asset.updatedAt} ${releaseTag}`.trimEnd() };
    },
  };
}

function isWorthALook(error: unknown, isOld: boolean): boolean {
  return (error instanceof ThemisError && error.reason === replaced) || (isOld && isNotFound(error));
}

async function readSeen(api: GithubApi, tag: string): Promise<Seen> {
  return seenOf((await api.readRelease(tag, null))!);
}

function seenOf({ tag, release }: { readonly tag: string | null; readonly release: Release }): Seen {
  return { tag, id: release.id, embedded: byName(release.assets) };
}

async function readAll(api: GithubApi, id: number): Promise<ReadonlyMap<string, Asset>> {
  const all: Asset[] = [];
  for await (const assets of api.readAssets(id)) all.push(...assets);
  return byName(all);
}

function byName(assets: readonly Asset[]): ReadonlyMap<string, Asset> {
  return new Map(assets.map((asset) => [asset.name, asset]));
}
