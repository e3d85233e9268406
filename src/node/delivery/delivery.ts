/**
 * What has to be brought where. A delivery is one content, known by its hash, and the ways to get it in the order in
 * which they are tried: bytes that are here already, bytes that are made of others, the payload at its source. However
 * it comes, it is hashed on its way, and nothing reaches its place that is not this content.
 */
import type { ThemisError } from '../../kernel/error.ts';
import type { ReleaseFileType } from '../../model/release.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { Bandwidth } from './flow/bandwidth.ts';
import type { Lanes } from './flow/lanes.ts';
import type { Memory } from './flow/memory.ts';
import type { Meter } from './meter.ts';

export interface Content {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface Delivery {
  /** For people and messages: the path in its release. */
  readonly path: string;
  readonly type: ReleaseFileType;
  readonly content: Content;
  /** Absolute; their directories are there. All of them get the content. */
  readonly targets: readonly [string, ...string[]];
  /** What the last one throws counts; the others give way to the next. */
  readonly origins: readonly [Origin, ...Origin[]];
}

export type Origin = CopyOrigin | MadeOrigin | SourceOrigin;

/** A file of this machine that had this content once. */
export interface CopyOrigin {
  readonly kind: 'copy';
  /** Absolute. */
  readonly path: string;
}

/** Made of other bytes, such as a patch and what is installed. */
export interface MadeOrigin {
  readonly kind: 'made';
  /** For people: `the REFMIX patch from 1.4.0`. */
  readonly name: string;
  /** Fetched first, by the same rules as everything else; gone again when all deliveries are there. */
  readonly needs: readonly Needed[];
  /** Held at most while it is made, beside the chunk that is given out. */
  readonly memoryBytes: number;
  /** `needed`: where they lie, in the same order. A chunk may be used again once the next one is asked for. */
  make(needed: readonly string[], signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface SourceOrigin {
  readonly kind: 'source';
  readonly source: ReleaseSource;
  /** In the source. */
  readonly path: string;
}

export interface Needed {
  readonly title: string;
  readonly statedBy: StatedBy;
  readonly content: Content;
  readonly origin: SourceOrigin;
}

export interface DeliverySettings {
  /** Transfers at once, in all and from one host. */
  readonly concurrency: number;
  readonly perHost: number;
  /** Bytes per second over all transfers; null: no limit. */
  readonly bandwidth: number | null;
  /** Of chunks between the source and the disk. */
  readonly memoryBytes: number;
  /** Of everything that is made at once. What needs more is not tried. */
  readonly patchMemoryBytes: number;
  /** What a kill may cost again, at most, of a file that was under way. */
  readonly resumeBlockBytes: number;
  /** What comes first; what is not named comes last. */
  readonly order: readonly ReleaseFileType[];
  /** In a row; with less between them than half a minute brings at the minimum rate, and one new byte at least. */
  readonly retries: number;
  /** Of the source for one file, all tries together. */
  readonly timeoutMs: number;
  /** Bytes per second; 0: none is too slow. */
  readonly minimumRate: number;
}

/** What the transfers of one staging share. */
export interface Run {
  readonly files: FileSystem;
  readonly clock: Clock;
  /** 0 inclusive to 1 exclusive. */
  readonly random: () => number;
  readonly settings: DeliverySettings;
  /** Absolute: where what is under way lies. */
  readonly parts: string;
  /** Aborted with the error that ends all of it. */
  readonly signal: AbortSignal;
  readonly lanes: Lanes;
  /** Reads and copies on this machine's disk. */
  readonly disk: Lanes;
  /** Files that are whole and on their way to the disk for good. */
  readonly finishing: Lanes;
  /** Deliveries that are being made take processor and memory: so many at once, and only as far as both fit. */
  readonly making: Lanes;
  readonly patchMemory: Memory;
  readonly bandwidth: Bandwidth;
  readonly memory: Memory;
  readonly meter: Meter;
  /** Tells whoever looks that a host is left alone for a while, because it said so. */
  readonly noteWait: (host: string, fault: ThemisError, waitMs: number) => void;
  /** Where what is needed lies, by its hash: what several deliveries need is fetched once, and stays until all are there. */
  readonly needs: Map<string, Promise<string>>;
}

/** The signed document that a content stands in with its hash, for people. */
export type StatedBy = 'the manifest' | 'the delta';

/** A content on its way, with the name it has for people and its place in line. */
export interface Wanted {
  readonly title: string;
  readonly statedBy: StatedBy;
  readonly content: Content;
  readonly rank: number;
}
