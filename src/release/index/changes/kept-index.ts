/**
 * An index as its reader keeps it until the next time, with its signature and what the source named them by: one file, a
 * line of JSON and then the bytes. One that is cut off, altered or of another format is none.
 */
import { concatenate } from '../../../kernel/concatenate.ts';
import { digestBytes } from '../../../kernel/digest.ts';
import { nullOr, objectOf, readShape, textOf } from '../../../kernel/document/shape.ts';
import { parseStrictJson } from '../../../kernel/document/strict-json.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import { shapes } from '../../../model/release-format/shapes.ts';
import type { IndexValidators, KnownIndex } from './fetch-index.ts';

interface KeptHead {
  readonly formatVersion: string;
  /** Of the bytes that follow. */
  readonly digest: string;
  /** Base64. */
  readonly signature: string | null;
  readonly validators: IndexValidators;
}

const newline = 0x0a;
const validatorCharacters = 1024;
const headBytes = 2 * releaseLimits.signatureBytes;

const validator = nullOr(textOf('a validator', (text) => text.length <= validatorCharacters));
const head = objectOf<KeptHead>(
  {
    formatVersion: shapes.formatVersion,
    digest: shapes.digest,
    signature: nullOr(textOf('base64', /^[A-Za-z0-9+/]*={0,2}$/u)),
    validators: objectOf<IndexValidators>({ index: validator, signature: validator }, 'refuse'),
  },
  'refuse',
);

/** The most that a kept index may have. */
export const keptIndexBytes = releaseLimits.indexBytes + headBytes + 1;

export function encodeKeptIndex({ bytes, signature, validators }: KnownIndex): Uint8Array {
  const { index, signature: ofSignature } = validators;
  const line: KeptHead = {
    formatVersion: '1.0',
    digest: digestBytes(bytes),
    signature: signature === null ? null : signature.toBase64(),
    // One too long to be kept is as good as none.
    validators: { index: short(index), signature: short(ofSignature) },
  };
  return concatenate([new TextEncoder().encode(`${JSON.stringify(line)}\n`), bytes]);
}

export function decodeKeptIndex(whole: Uint8Array): KnownIndex | null {
  const end = whole.indexOf(newline);
  if (end === -1) return null;
  const json = parseStrictJson(whole.subarray(0, end), headBytes);
  if (!json.ok) return null;
  const read = readShape(head, json.value);
  const bytes = whole.slice(end + 1);
  if (!read.ok || digestBytes(bytes) !== read.value.digest) return null;
  const { signature, validators } = read.value;
  return { bytes, signature: signature === null ? null : Uint8Array.fromBase64(signature), validators };
}

function short(text: string | null): string | null {
  return text !== null && text.length <= validatorCharacters ? text : null;
}
