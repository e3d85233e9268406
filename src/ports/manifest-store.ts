/**
 * Manifests with their file registry, verdicts about signatures, and downloads, in one transactional store. Each call
 * is one transaction: readers of other processes see all of it or nothing. A write is durable when its promise
 * resolves. Throws ThemisError IO, NO_SPACE, TIMEOUT (others kept it busy) or UNSUPPORTED_FORMAT.
 */
import type { Digest } from '../kernel/digest.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Architecture, Platform, ReleaseFile, ReleaseManifest } from '../model/release.ts';

export interface ManifestStore {
  readonly signatures: SignatureCache;
  readonly downloads: DownloadCache;

  /** The manifest and a registry row for each of its files. Replaces what was known of that directory. */
  put(release: StoredRelease): Promise<void>;
  /** By package, version in SemVer order, platform, architecture, directory. What is absent is not asked for. */
  find(wanted: Partial<ReleaseIdentity>): Promise<readonly StoredRelease[]>;
  /** Lowest first, in SemVer order: `2.0.0-rc.2`, `2.0.0-rc.10`, `2.0.0`. */
  versions(packageName: string): Promise<readonly string[]>;
  /**
   * The highest version, of those that fit the machine where one is named; a pre-release only where nothing else
   * is left. null where there is none.
   */
  latest(packageName: string, machine?: ReleaseMachine): Promise<StoredRelease | null>;
  /** Every release that installs a file at this path, in the order of `find`. */
  holding(path: string): Promise<readonly RegisteredFile[]>;
  /** Of these places, relative to the directory of releases, those a registry row names: as its own or as its `url`. */
  registered(places: readonly string[]): Promise<ReadonlySet<string>>;

  /** The releases in these directories are not there any more, and nothing of theirs has to be removed. */
  forget(directories: readonly string[]): Promise<void>;
  /**
   * Takes the releases out and writes down, in the same transaction, what of theirs has to be removed and, where one
   * names them, the index that is to lie there instead.
   */
  bury(directories: readonly string[], grave: Grave, publication?: Publication): Promise<Tombstone>;
  /** Oldest first. */
  tombstones(): Promise<readonly Tombstone[]>;
  /** All of it is removed. No error when it was cleared before. */
  clearTombstone(id: number): Promise<void>;

  /** Writes down the index that is to lie beside the releases, before it does. Replaces what was written down before. */
  announce(publication: Publication): Promise<void>;
  /** What was announced and not carried out; null where there is nothing. */
  publication(): Promise<Publication | null>;
  /** All of it lies there. */
  clearPublication(): Promise<void>;

  /** The highest counter a release of the package was put with, whatever became of the release; 0 before any. */
  lastCounter(packageName: string): Promise<number>;
  /** Of the index that was announced last, whatever became of it; null before any. */
  lastIndex(): Promise<IndexMark | null>;

  statistics(): Promise<StoreStatistics>;
  close(): Promise<void>;
}

export interface ReleaseMachine {
  readonly platform: Platform;
  readonly architecture: Architecture;
}

export interface ReleaseIdentity extends ReleaseMachine {
  readonly package: string;
  readonly version: string;
}

export interface StoredRelease {
  /** Of the payload, relative to the directory of releases: what tells one release from another. */
  readonly directory: string;
  readonly manifest: ReleaseManifest;
}

export interface RegisteredFile extends ReleaseIdentity {
  readonly directory: string;
  readonly file: ReleaseFile;
}

/** Paths are relative to the directory of releases. */
export interface Grave {
  /** For people: `themisdb 1.5.0`. */
  readonly title: string;
  /** RFC 3339 UTC. */
  readonly deletedAt: string;
  /** In the order in which they go. */
  readonly files: readonly BuriedFile[];
  /** Innermost first; removed when they are empty. */
  readonly directories: readonly string[];
}

/** Tells the file that was deleted from one that was put in its place since, even with the same bytes. */
export interface BuriedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly inode: string;
  readonly modifiedNs: string;
}

export interface Tombstone extends Grave {
  readonly id: number;
}

/** What is to lie beside the releases: whole files, so that whoever finds it needs no key to finish it. */
export interface Publication {
  /** `index.json`; null where no release is left to list. */
  readonly index: Uint8Array | null;
  /** `index.json.p7s`; null where it is not signed. */
  readonly signature: Uint8Array | null;
  /** null where there is no index: the last one stays in memory. */
  readonly mark: IndexMark | null;
}

/** What the next index may not fall behind. */
export interface IndexMark {
  readonly counter: number;
  /** Manifest hashes it withdraws. */
  readonly yanked: readonly Digest[];
}

export interface StoreStatistics {
  readonly releases: number;
  readonly packages: number;
  readonly files: number;
  /** Of all registered files. */
  readonly sizeBytes: number;
  /** Files of one content counted once. */
  readonly distinctFiles: number;
  readonly distinctBytes: number;
  readonly signatures: number;
  readonly downloads: number;
  readonly tombstones: number;
}

/** Verdicts that accepted, by a key that covers everything they depend on but the time. */
export interface SignatureCache {
  /** null before `validFromMs` and after `validUntilMs`. */
  get(key: Digest, nowMs: number): Promise<CachedVerdict | null>;
  /** Replaces what the key had. Keeps the newest ten thousand. */
  put(entry: CachedVerdict): Promise<void>;
  /** Drops what is not valid any more; returns how many. */
  prune(nowMs: number): Promise<number>;
}

export interface CachedVerdict {
  readonly key: Digest;
  readonly verdict: JsonObject;
  /** Both inclusive. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

/** Files that were downloaded and hashed, by their content. Whether one still lies there is for the reader to see. */
export interface DownloadCache {
  get(digest: Digest): Promise<CachedDownload | null>;
  /** Replaces what the digests had. */
  put(...downloads: readonly CachedDownload[]): Promise<void>;
  /** Only if it is still what the digest has: another process may have put a newer one. */
  forget(download: CachedDownload): Promise<void>;
}

export interface CachedDownload {
  readonly digest: Digest;
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the file when it was hashed: inode and times. */
  readonly stamp: string;
  readonly verifiedAtMs: number;
}
