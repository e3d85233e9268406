import type { ReleaseIndex } from '../model/release.ts';

/**
 * Where releases lie. Paths are relative to the source, `/`-separated, and pass the path guard. Throws ThemisError
 * NOT_FOUND, UNREACHABLE, TIMEOUT, RATE_LIMITED or IO, with `retryAfterMs` where the source said when to come back. What
 * it returns is untrusted until its signature is verified.
 */
export interface ReleaseSource {
  /** Transfers to one host share its limits: `https://releases.example.org`, '' where there is no host. */
  readonly host: string;
  /** The parsed index with the bytes of index and signature (null where unsigned). */
  readIndex(): Promise<{
    readonly index: ReleaseIndex;
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array | null;
  }>;
  /** A small file whole; refuses with IO above `limitBytes`. */
  readFile(path: string, limitBytes: number): Promise<Uint8Array>;
  /** The same, unless the source still has what `known` names: a validator it gave before. */
  readChanged(path: string, limitBytes: number, known: string | null): Promise<ChangedFile>;
  /** A payload, or what is left of it. */
  openFile(path: string, wanted: WantedBytes): Promise<OpenedFile>;
  /** Every file below a directory of the source, relative to it, or null where a source cannot list (HTTP). */
  listFiles(path: string): Promise<readonly ListedFile[] | null>;
}

export type ChangedFile =
  | { readonly kind: 'unchanged' }
  /** `validator`: null where the source gives none. */
  | { readonly kind: 'changed'; readonly bytes: Uint8Array; readonly validator: string | null };

export interface WantedBytes {
  /** Of the whole file; more than that ends the chunks with IO. */
  readonly limitBytes: number;
  /** Default 0. Only together with the validator of what is there already. */
  readonly offset?: number;
  readonly validator?: string;
  readonly signal?: AbortSignal;
  readonly turn?: Turn;
}

/** When it is for this file to come, and over which of the connections to its host. */
export interface Turn {
  /** Itself alone. Files of one lane share a connection and come one after the other, in the order in which they are opened. */
  readonly lane: object;
  /** The one before it in its lane is through. What the source may take counts from here. */
  readonly begins: Promise<void>;
}

export interface OpenedFile {
  /**
   * Where the chunks begin: as wanted; earlier where the source sends bytes of the same content again; or 0 where it starts
   * over (another content, or it cannot resume).
   */
  readonly offset: number;
  /** Of the whole file; null where the source does not say. */
  readonly sizeBytes: number | null;
  /** Names exactly these bytes (a strong one, RFC 9110 8.8.1); null: what is cut off cannot be resumed. */
  readonly validator: string | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface ListedFile {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'other';
}
