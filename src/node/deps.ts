/**
 * Everything a node needs from outside, given by apps: effects as ports, verification and sources as functions.
 */
import type { Digest } from '../kernel/digest.ts';
import type { ThemisError } from '../kernel/error.ts';
import type { ReleaseDelta } from '../model/delta.ts';
import type { ReleaseLocator, WantedRelease } from '../model/message.ts';
import type { Architecture, Platform, ReleaseIndex, ReleaseManifest } from '../model/release.ts';
import type { PatchTasks } from '../patch/algorithm.ts';
import type { Clock } from '../ports/clock.ts';
import type { Compute } from '../ports/compute.ts';
import type { Endpoint } from '../ports/endpoint.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { CachedDownload } from '../ports/manifest-store.ts';
import type { Machine } from '../ports/machine.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { ServiceControl, ServiceSpec } from '../ports/service-control.ts';
import type { FetchedIndex, KnownIndex } from '../release/index/changes/fetch-index.ts';
import type { DeltaExpectation } from '../trust/policy/check-delta.ts';
import type { Refusal } from '../trust/refusal.ts';
import type { NodeSources } from './config/node-config.ts';
import type { AnchorsDocument } from './trust/rotate-anchors.ts';

export interface NodeDeps {
  /** Absolute path of the node root. */
  readonly root: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  /** 0 inclusive to 1 exclusive; for nothing that has to be secret. */
  readonly random: () => number;
  readonly machine: Machine;
  readonly endpoint: Endpoint;
  readonly serviceControl: (spec: ServiceSpec) => ServiceControl;
  readonly openSource: (locator: ReleaseLocator, sources: NodeSources) => ReleaseSource;
  readonly verifyIndex: VerifyIndex;
  readonly verifyRelease: VerifyRelease;
  readonly verifyRotation: VerifyRotation;
  readonly takeList: TakeList;
  readonly checkTrust: CheckTrust;
  readonly verifyDelta: VerifyDelta;
  /** For patches whose parts can be applied beside each other; without it they are applied here. */
  readonly compute?: Compute<PatchTasks>;
  readonly downloads: DownloadsMemory;
  /** `schemas/node.schema.json`, parsed. */
  readonly schema: object;
}

/** Which downloaded files were found right, kept in `file`. Throws ThemisError where it cannot be used. */
export interface DownloadsMemory {
  /** Makes no file. */
  recall(file: string, digests: readonly Digest[]): Promise<readonly CachedDownload[]>;
  remember(file: string, downloads: readonly CachedDownload[]): Promise<void>;
  forget(file: string, digest: Digest): Promise<void>;
}

/** What a node believes, byte for byte; checked against its record, owner and mode. */
export interface TrustFiles {
  /** `trust/anchors.json`. */
  readonly anchors: Uint8Array;
  /** DER, of `trust/crls/`. */
  readonly crls: readonly Uint8Array[];
}

export interface Refused {
  readonly kind: 'refused';
  readonly error: ThemisError;
}

/**
 * Signature, form and freshness of the `index.json` of a source, which is read whole or, from what is `known`, in part.
 * A refusal is data; a source that cannot be read throws.
 */
export type VerifyIndex = (
  source: ReleaseSource,
  given: { readonly trust: TrustFiles; readonly nowMs: number; readonly known: KnownIndex | null },
) => Promise<VerifiedIndex | Refused>;

export interface VerifiedIndex {
  readonly kind: 'verified';
  readonly index: ReleaseIndex;
  /** To be kept for the next time. */
  readonly fetched?: FetchedIndex;
}

/**
 * Reads `release.json` and its signature in a directory of a source and checks them, and that the directory holds
 * nothing unlisted. `path` is that directory relative to the source, '' for the source itself. Payload bytes are
 * the node's to check, while it copies them. A refusal is data; what is thrown is a source that cannot be read.
 */
export type VerifyRelease = (
  source: ReleaseSource,
  path: string,
  expectation: ReleaseExpectation,
) => Promise<VerifiedRelease | Refused>;

/** Whether other anchors may take the place of the present ones. */
export type VerifyRotation = (
  document: AnchorsDocument,
  given: { readonly trust: TrustFiles; readonly nowMs: number },
) =>
  | {
      readonly ok: true;
      readonly version: number;
      readonly signers: readonly { readonly subject: string; readonly anchor: string }[];
    }
  | Refusal;

/**
 * Whether a revocation list is newer than what is at hand. `issuer`: null where it is not; else whose it is. `covered`:
 * SHA-256 of lists at hand that name nothing beyond it.
 */
export type TakeList = (
  list: Uint8Array,
  given: { readonly trust: TrustFiles; readonly nowMs: number },
) =>
  | {
      readonly ok: true;
      readonly issuer: { readonly name: string; readonly revoked: number } | null;
      readonly covered: readonly Digest[];
    }
  | Refusal;

/** Why nothing could be verified by these files, if so. */
export type CheckTrust = (trust: TrustFiles) => Refusal | undefined;

/**
 * Reads the `delta.json` at `url` and its signature and checks them. A refusal is data; what is thrown is a source that
 * cannot be read. Patches are the node's to check, and what comes out of them.
 */
export type VerifyDelta = (
  source: ReleaseSource,
  url: string,
  expectation: DeltaExpectation & { readonly trust: TrustFiles; readonly nowMs: number },
) => Promise<{ readonly kind: 'verified'; readonly delta: ReleaseDelta } | Refused>;

export interface ReleaseExpectation extends WantedRelease {
  readonly trust: TrustFiles;
  readonly platform: Platform;
  readonly architecture: Architecture;
  readonly nowMs: number;
  readonly history: History;
  /** Where the node keeps verdicts about signatures; read at will, written by `remember` alone. */
  readonly cacheFile: string;
}

/**
 * What the node has had of exactly this manifest. What a restore point keeps may come back for ever, even if its
 * signer's certificate has expired since; what is installed may be put right, whatever became of who signed it.
 */
export type History = 'none' | 'kept' | 'installed';

export interface VerifiedRelease {
  readonly kind: 'verified';
  readonly manifest: ReleaseManifest;
  /** What was verified, byte for byte: `release.json`, `release.json.p7s`, `release.json.tst`. Stored beside the payload. */
  readonly documents: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Keeps what verifying it found out, to spare the next look. For a release that was taken as a whole. */
  readonly remember?: () => Promise<void>;
}
