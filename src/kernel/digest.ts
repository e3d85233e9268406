import { createHash, type Hash } from 'node:crypto';
import { writeCanonicalJson } from './canonical-json.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/u;

export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

export function digestBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A bare hash, for formats of others that name their own algorithm. */
export function hashBytes(algorithm: 'sha256' | 'sha384' | 'sha512', bytes: Uint8Array): Uint8Array {
  return createHash(algorithm).update(bytes).digest();
}

/** Digest of bytes that come in pieces. */
export interface RunningDigest {
  add(bytes: Uint8Array): void;
  /** One that goes its own way from here. */
  copy(): RunningDigest;
  /** Ends it; once. */
  finish(): Digest;
}

export function startDigest(): RunningDigest {
  return running(createHash('sha256'));
}

function running(hash: Hash): RunningDigest {
  return {
    add: (bytes) => void hash.update(bytes),
    copy: () => running(hash.copy()),
    finish: () => `sha256:${hash.digest('hex')}`,
  };
}

/** Digest of a JSON value over its canonical form (RFC 8785). */
export function digestJson(value: unknown): Digest {
  const hash = createHash('sha256');
  const encoder = new TextEncoder();
  const encoded = new Map<string, Uint8Array>();
  writeCanonicalJson(value, (part, isRepeated) => {
    if (!isRepeated) {
      hash.update(part);
      return;
    }
    let bytes = encoded.get(part);
    if (bytes === undefined) encoded.set(part, (bytes = encoder.encode(part)));
    hash.update(bytes);
  });
  return `sha256:${hash.digest('hex')}`;
}

/** First `length` hex digits, for ids that people read. */
export function shortDigest(digest: Digest, length = 12): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + length);
}

/** Bare hex, as release manifests store it. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
