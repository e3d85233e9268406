/**
 * A release source in memory that does, opening by opening, what a plan says, and counts every byte that it hands out.
 * After the plan it is in order.
 */
import { digestBytes } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { OpenedFile, ReleaseSource, WantedBytes } from '../../../src/ports/release-source.ts';
import { Fuse } from './fuse.ts';

/** `at`: a share of what is left, 0 to 1. */
export type SourceFault =
  | { readonly kind: 'refuses'; readonly code: 'UNREACHABLE' | 'TIMEOUT' | 'RATE_LIMITED' | 'IO' }
  | { readonly kind: 'cuts' | 'ends'; readonly at: number }
  /** From 0, though there was more to go on from; then it is cut. */
  | { readonly kind: 'starts-over'; readonly at: number; readonly sameValidator: boolean }
  /** Another content under the same name, under its own validator. */
  | { readonly kind: 'other-content'; readonly at: number }
  /** Says what was asked for and sends from elsewhere. */
  | { readonly kind: 'lies' }
  /** Says honestly that it begins so many bytes before what was asked for, or behind it. */
  | { readonly kind: 'misses'; readonly by: number }
  | { readonly kind: 'no-validator' | 'no-size'; readonly at: number }
  | { readonly kind: 'longer' | 'shorter' | 'flips' | 'gone' };

export class FaultySource implements ReleaseSource {
  readonly host: string;
  bytesSent = 0;
  /** Bytes that came again because the source made whoever reads begin again. */
  bytesRepeated = 0;
  opened = 0;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #plan: SourceFault[];
  readonly #chunkBytes: number;
  readonly #fuse: Fuse;
  /** What each path has been sent up to. */
  readonly #reached = new Map<string, number>();

  constructor(
    files: ReadonlyMap<string, Uint8Array>,
    plan: readonly SourceFault[] = [],
    options: { readonly chunkBytes?: number; readonly host?: string; readonly fuse?: Fuse } = {},
  ) {
    this.#files = files;
    this.#plan = [...plan];
    this.#chunkBytes = options.chunkBytes ?? 7;
    this.host = options.host ?? 'https://releases.example.org';
    this.#fuse = options.fuse ?? new Fuse();
  }

  async openFile(path: string, wanted: WantedBytes): Promise<OpenedFile> {
    this.opened += 1;
    // As over a connection: not before the one in front is through.
    await wanted.turn?.begins;
    return await this.#fuse.alive(async () => this.#open(path, wanted));
  }

  #open(path: string, wanted: WantedBytes): OpenedFile {
    const bytes = this.#files.get(path);
    const fault = this.#plan.shift();
    if (bytes === undefined || fault?.kind === 'gone') throw new ThemisError('NOT_FOUND', `${path} is not there.`);
    const validator = digestBytes(bytes);
    const asked = wanted.validator === validator ? Math.min(wanted.offset ?? 0, bytes.length) : 0;
    const opened = (part: Partial<Answer>): OpenedFile => {
      const from = part.offset ?? asked;
      const content = part.content ?? bytes;
      const start = part.start ?? from;
      const end = part.end ?? content.length;
      this.#note(path, start);
      const said = { offset: from, sizeBytes: content.length, validator, ...part.said };
      return { ...said, chunks: this.#chunks(path, content, { start, end, cut: part.cut === true }, wanted.signal) };
    };
    const cutAt = (from: number, share: number): number => from + Math.floor((bytes.length - from) * share);
    switch (fault?.kind) {
      case undefined:
        return opened({});
      case 'refuses':
        throw new ThemisError(fault.code, 'refused', fault.code === 'RATE_LIMITED' ? { retryAfterMs: 5000 } : {});
      case 'cuts':
        return opened({ end: cutAt(asked, fault.at), cut: true });
      case 'ends':
        return opened({ end: cutAt(asked, fault.at) });
      case 'starts-over':
        return opened({
          offset: 0,
          end: cutAt(0, fault.at),
          cut: true,
          said: fault.sameValidator ? {} : { validator: `"another ${this.opened}"` },
        });
      case 'other-content':
        return opened({
          offset: 0,
          content: bytes.map((byte) => byte ^ 255),
          end: cutAt(0, fault.at),
          cut: true,
          said: { validator: '"other"' },
        });
      case 'lies':
        return opened({ start: Math.max(0, asked - 1) });
      case 'misses':
        return opened(asked === 0 ? {} : { offset: Math.min(bytes.length, Math.max(0, asked - fault.by)) });
      case 'no-validator':
        return opened({ end: cutAt(asked, fault.at), cut: true, said: { validator: null } });
      case 'no-size':
        return opened({ end: cutAt(asked, fault.at), cut: true, said: { sizeBytes: null } });
      case 'longer':
        return opened({ content: Uint8Array.of(...bytes, 1), said: { sizeBytes: null } });
      case 'shorter':
        return opened({ content: bytes.subarray(0, -1) });
      case 'flips':
        return opened({ content: bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)) });
    }
  }

  #note(path: string, start: number): void {
    const reached = this.#reached.get(path) ?? 0;
    this.bytesRepeated += Math.max(0, reached - start);
    this.#reached.set(path, start);
  }

  async *#chunks(
    path: string,
    content: Uint8Array,
    { start, end, cut }: { readonly start: number; readonly end: number; readonly cut: boolean },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += this.#chunkBytes) {
      await this.#fuse.alive(async () => {});
      if (signal?.aborted === true) throw new ThemisError('CANCELLED', 'cancelled');
      const chunk = content.slice(at, Math.min(end, at + this.#chunkBytes));
      this.bytesSent += chunk.length;
      this.#reached.set(path, at + chunk.length);
      yield chunk;
    }
    if (cut) throw new ThemisError('UNREACHABLE', `The connection was cut after byte ${end}.`);
  }

  /** Small files are not counted. */
  async readFile(path: string): Promise<Uint8Array> {
    const bytes = this.#files.get(path);
    if (bytes === undefined) throw new ThemisError('NOT_FOUND', `${path} is not there.`);
    return await this.#fuse.alive(async () => bytes);
  }

  readIndex = (): never => neverAsked();
  readChanged = (): never => neverAsked();
  listFiles = async (): Promise<null> => null;
}

/** Payloads only. */
export function payloadSource(openFile: ReleaseSource['openFile'], host = ''): ReleaseSource {
  return {
    host,
    openFile,
    readFile: neverAsked,
    readIndex: neverAsked,
    readChanged: neverAsked,
    listFiles: async () => null,
  };
}

interface Answer {
  readonly offset: number;
  readonly start: number;
  readonly end: number;
  readonly cut: boolean;
  readonly content: Uint8Array;
  readonly said: Partial<Pick<OpenedFile, 'sizeBytes' | 'validator'>>;
}

function neverAsked(): never {
  throw new Error('a delivery asks for payloads only');
}
