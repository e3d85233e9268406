/**
 * Everything a node needs from outside, given by apps: effects as ports, verification and sources as functions.
 */
import type { Failure } from '../kernel/outcome.ts';
import type { ReleaseLocator, WantedRelease } from '../model/message.ts';
import type { Architecture, Platform, ReleaseManifest } from '../model/release.ts';
import type { Clock } from '../ports/clock.ts';
import type { Endpoint } from '../ports/endpoint.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Machine } from '../ports/machine.ts';
import type { ReleaseSource } from '../ports/release-source.ts';
import type { ServiceControl, ServiceSpec } from '../ports/service-control.ts';

export interface NodeDeps {
  /** Absolute path of the node root. */
  readonly root: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly endpoint: Endpoint;
  readonly serviceControl: (spec: ServiceSpec) => ServiceControl;
  readonly openSource: (locator: ReleaseLocator) => ReleaseSource;
  readonly verifyRelease: VerifyRelease;
  /** `schemas/node.schema.json`, parsed. */
  readonly schema: object;
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
) => Promise<VerifiedRelease | { readonly kind: 'refused'; readonly failure: Failure }>;

export interface ReleaseExpectation extends WantedRelease {
  /** Bytes of `trust/anchors.json`, already checked against the digest fixed when the node was made. */
  readonly anchors: Uint8Array;
  readonly platform: Platform;
  readonly architecture: Architecture;
  readonly nowMs: number;
  /** The node has or had exactly this manifest, so that its expiry does not count any more. */
  readonly acceptedBefore: boolean;
  /** Where the node keeps verdicts about signatures; read at will, written by `remember` alone. */
  readonly cacheFile: string;
}

export interface VerifiedRelease {
  readonly kind: 'verified';
  readonly manifest: ReleaseManifest;
  /** What was verified, byte for byte: `release.json`, `release.json.p7s`, `release.json.tst`. Stored beside the payload. */
  readonly documents: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Keeps what verifying it found out, to spare the next look. For a release that was taken as a whole. */
  readonly remember?: () => Promise<void>;
}
