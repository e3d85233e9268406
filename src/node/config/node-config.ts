import type { EndpointSpec } from '../../ports/endpoint.ts';
import type { ServiceSpec } from '../../ports/service-control.ts';
import type { SecretRef } from '../../model/desired.ts';
import type { Architecture, Platform, ReleaseFileType } from '../../model/release.ts';
import type { DeliverySettings } from '../delivery/delivery.ts';

/** `node.yaml`, normalised: directories absolute, durations in milliseconds, sizes in bytes. */
export interface NodeConfig {
  readonly name: string;
  readonly directories: {
    readonly install: string;
    readonly state: string;
    readonly downloads: string;
    readonly trust: string;
  };
  readonly service: ServiceSpec;
  readonly stopTimeoutMs: number;
  readonly endpoints: NodeEndpoints;
  readonly drainTimeoutMs: number;
  readonly sources: NodeSources;
  readonly limits: {
    readonly freeSpaceFactor: number;
    readonly maxReleaseBytes: number | null;
    /** How far above what the node has seen the counter of a new release, of an index, may be. */
    readonly maxCounterJump: number;
    readonly maxIndexJump: number;
  };
  readonly delivery: DeliverySettings;
  /** Products whose releases belong here; null: that of the first one. */
  readonly products: readonly string[] | null;
  /** null: what the machine is. */
  readonly platform: Platform | null;
  readonly architecture: Architecture | null;
}

/** How this machine reaches releases over HTTP. */
export interface NodeSources {
  /** PEM, believed beside the usual authorities. */
  readonly ca: string | null;
  /** null: what the variables of the process say. */
  readonly proxy: string | null;
  readonly noProxy: readonly string[] | null;
  /** Each for what lies below its address and for nothing else, whoever asks for it. */
  readonly tokens: readonly NodeToken[];
}

export interface NodeToken {
  readonly url: string;
  readonly tokenFrom: SecretRef;
}

export interface NodeEndpoints {
  readonly health?: EndpointSpec;
  readonly role?: EndpointSpec;
  readonly metrics?: EndpointSpec;
  readonly drain?: EndpointSpec;
  readonly rejoin?: EndpointSpec;
  readonly transferLeadership?: EndpointSpec;
}

/** `node.yaml` as it is written. */
export interface NodeDocument {
  readonly apiVersion: 'themis.dev/v1';
  readonly kind: 'Node';
  readonly name: string;
  readonly directories?: Partial<NodeConfig['directories']>;
  readonly service: {
    readonly manager: ServiceSpec['kind'];
    readonly command?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly workingDirectory?: string;
    readonly start?: readonly string[];
    readonly stop?: readonly string[];
    readonly status?: readonly string[];
    readonly stopTimeout?: string;
  };
  readonly endpoints?: Readonly<Partial<Record<keyof NodeEndpoints, EndpointDocument>>>;
  readonly drainTimeout?: string;
  readonly sources?: {
    readonly ca?: string;
    readonly proxy?: string;
    readonly noProxy?: readonly string[];
    readonly tokens?: readonly NodeToken[];
  };
  readonly limits?: {
    readonly freeSpaceFactor?: number;
    readonly maxReleaseSize?: string;
    readonly maxCounterJump?: number;
    readonly maxIndexJump?: number;
  };
  readonly delivery?: {
    readonly concurrency?: number;
    readonly perHost?: number;
    readonly bandwidth?: string;
    readonly memory?: string;
    readonly patchMemory?: string;
    readonly resumeBlock?: string;
    readonly order?: readonly ReleaseFileType[];
    readonly retries?: number;
    readonly timeout?: string;
    readonly minimumRate?: string;
  };
  readonly products?: readonly string[];
  readonly platform?: Platform;
  readonly architecture?: Architecture;
}

export type EndpointDocument = { readonly url: string } | { readonly command: readonly string[] };
