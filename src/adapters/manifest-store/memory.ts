/** The manifest store as an in-memory fake, and for commands that only look. Openers that share a state share it all. */
import type {
  CachedDownload,
  CachedVerdict,
  DownloadCache,
  IndexMark,
  ManifestStore,
  Publication,
  RegisteredFile,
  ReleaseIdentity,
  ReleaseMachine,
  SignatureCache,
  StoredRelease,
  StoreStatistics,
  Tombstone,
} from '../../ports/manifest-store.ts';
import { compareReleases, keptSignatures, latestOf, placesOf, sortedVersions } from './rules.ts';

export interface MemoryManifests {
  /** By directory. */
  readonly releases: Map<string, StoredRelease>;
  readonly tombstones: Map<number, Tombstone>;
  readonly signatures: Map<string, CachedVerdict>;
  readonly downloads: Map<string, CachedDownload>;
  lastTombstone: number;
  publication: Publication | null;
  readonly lastCounters: Map<string, number>;
  lastIndex: IndexMark | null;
}

export function createMemoryManifests(): MemoryManifests {
  return {
    releases: new Map(),
    tombstones: new Map(),
    signatures: new Map(),
    downloads: new Map(),
    lastTombstone: 0,
    publication: null,
    lastCounters: new Map(),
    lastIndex: null,
  };
}

export function createMemoryManifestStore(state: MemoryManifests = createMemoryManifests()): ManifestStore {
  const entries = () => [...state.releases.values()].map((release) => ({ ...identityOf(release), release }));
  const sorted = () => entries().toSorted(compareReleases);
  return {
    signatures: createMemorySignatures(state),
    downloads: createMemoryDownloads(state),
    ...memoryPublication(state),
    async put(release) {
      state.releases.set(release.directory, structuredClone(release));
      keepCounter(state, release.manifest);
    },
    async find(wanted) {
      const names = Object.keys(wanted) as (keyof ReleaseIdentity)[];
      return sorted().flatMap((entry) =>
        names.every((name) => wanted[name] === undefined || wanted[name] === entry[name]) ? [entry.release] : [],
      );
    },
    async versions(packageName) {
      return sortedVersions(entries().flatMap((entry) => (entry.package === packageName ? [entry.version] : [])));
    },
    async latest(packageName, machine?: ReleaseMachine) {
      const own = entries().filter((entry) => entry.package === packageName);
      return latestOf(own, machine)?.release ?? null;
    },
    async holding(path) {
      return sorted().flatMap(({ release, ...identity }): RegisteredFile[] => {
        const file = release.manifest.files.find((each) => each.path === path);
        return file === undefined ? [] : [{ ...identity, file }];
      });
    },
    async registered(places) {
      const named = new Set(
        [...state.releases.values()].flatMap(({ directory, manifest }) =>
          manifest.files.flatMap((file) => Object.values(placesOf(directory, file))),
        ),
      );
      return new Set(places.filter((place) => named.has(place)));
    },
    async forget(directories) {
      for (const directory of directories) state.releases.delete(directory);
    },
    async bury(directories, grave, publication) {
      for (const directory of directories) state.releases.delete(directory);
      state.lastTombstone += 1;
      const tombstone = { ...structuredClone(grave), id: state.lastTombstone };
      state.tombstones.set(tombstone.id, tombstone);
      if (publication !== undefined) announce(state, publication);
      return tombstone;
    },
    async tombstones() {
      return [...state.tombstones.values()];
    },
    async clearTombstone(id) {
      state.tombstones.delete(id);
    },
    statistics: async () => statisticsOf(state),
    async close() {},
  };
}

function keepCounter({ lastCounters }: MemoryManifests, { package: name, counter }: StoredRelease['manifest']): void {
  lastCounters.set(name, Math.max(counter, lastCounters.get(name) ?? 0));
}

function announce(state: MemoryManifests, publication: Publication): void {
  state.publication = structuredClone(publication);
  state.lastIndex = state.publication.mark ?? state.lastIndex;
}

function memoryPublication(
  state: MemoryManifests,
): Pick<ManifestStore, 'announce' | 'publication' | 'clearPublication' | 'lastCounter' | 'lastIndex'> {
  return {
    async announce(publication) {
      announce(state, publication);
    },
    async publication() {
      return state.publication;
    },
    async clearPublication() {
      state.publication = null;
    },
    async lastCounter(packageName) {
      return state.lastCounters.get(packageName) ?? 0;
    },
    async lastIndex() {
      return state.lastIndex;
    },
  };
}

function createMemorySignatures({ signatures }: MemoryManifests): SignatureCache {
  return {
    async get(key, nowMs) {
      const entry = signatures.get(key);
      return entry === undefined || nowMs < entry.validFromMs || nowMs > entry.validUntilMs ? null : entry;
    },
    async put(entry) {
      signatures.delete(entry.key);
      signatures.set(entry.key, structuredClone(entry));
      for (const oldest of signatures.keys()) {
        if (signatures.size <= keptSignatures) break;
        signatures.delete(oldest);
      }
    },
    async prune(nowMs) {
      const over = [...signatures.values()].filter((entry) => entry.validUntilMs < nowMs);
      for (const { key } of over) signatures.delete(key);
      return over.length;
    },
  };
}

function createMemoryDownloads({ downloads }: MemoryManifests): DownloadCache {
  return {
    async get(digest) {
      return downloads.get(digest) ?? null;
    },
    async put(...given) {
      for (const download of given) downloads.set(download.digest, download);
    },
    async forget({ digest, path, stamp }) {
      const known = downloads.get(digest);
      if (known?.path === path && known.stamp === stamp) downloads.delete(digest);
    },
  };
}

function identityOf({ directory, manifest }: StoredRelease): ReleaseIdentity & { readonly directory: string } {
  const { package: name, version, platform, architecture } = manifest;
  return { directory, package: name, version, platform, architecture };
}

function statisticsOf(state: MemoryManifests): StoreStatistics {
  const manifests = [...state.releases.values()].map(({ manifest }) => manifest);
  const files = manifests.flatMap((manifest) => manifest.files);
  const distinct = new Map(files.map((file) => [file.sha256, file.sizeBytes]));
  return {
    releases: manifests.length,
    packages: new Set(manifests.map((manifest) => manifest.package)).size,
    files: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    distinctFiles: distinct.size,
    distinctBytes: distinct.values().reduce((sum, sizeBytes) => sum + sizeBytes, 0),
    signatures: state.signatures.size,
    downloads: state.downloads.size,
    tombstones: state.tombstones.size,
  };
}
