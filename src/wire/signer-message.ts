/**
 * The messages of the exec-signer protocol, which docs/exec-signer.md describes for others: lines of JSON between Themis
 * and a program that holds a signing key. Unknown fields are ignored; another major version is refused by both sides.
 */
import {
  nullOr,
  objectOf,
  oneOf,
  optional,
  type Shape,
  textOf,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import { ThemisError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../model/signing.ts';
import { boundedText } from './bounded-text.ts';
import { readMessage } from './read-message.ts';

export const signerVersion = '1.0';
/** Bytes of one line, its end not counted. */
export const signerLineLimitBytes = 256 * 1024;

interface Head {
  /** `1.0`: first in every line. */
  readonly signerVersion: string;
  /** Of the request; an answer repeats it. */
  readonly id: number;
}

export type SignerRequest = Head &
  (
    | { readonly kind: 'describe' }
    | {
        readonly kind: 'sign';
        readonly algorithm: SigningAlgorithm;
        /** Base64 of what the signature is over. */
        readonly bytes: string;
        /** What the algorithm hashes with, and Base64 of that hash over `bytes`; null for Ed25519. */
        readonly hash: 'sha256' | 'sha384' | null;
        readonly digest: string | null;
      }
  );

export type SignerAnswer = Head &
  (
    | {
        readonly kind: 'description';
        readonly algorithm: SigningAlgorithm;
        /** PEM, the signer's own first. */
        readonly certificates: string;
      }
    | { readonly kind: 'signature'; readonly signature: string }
    | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly hint?: string }
  );

const head = {
  signerVersion: textOf('a version', /^1\.\d+$/u),
  id: wholeNumber,
};
const algorithm = oneOf(...signingAlgorithms);
const base64 = boundedText(64 * 1024, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u);

const request: Shape<SignerRequest> = variantsOf<SignerRequest>('kind', {
  describe: objectOf<Extract<SignerRequest, { kind: 'describe' }>>({ ...head, kind: oneOf('describe') }, 'drop'),
  sign: objectOf<Extract<SignerRequest, { kind: 'sign' }>>(
    {
      ...head,
      kind: oneOf('sign'),
      algorithm,
      bytes: base64,
      hash: nullOr(oneOf('sha256', 'sha384')),
      digest: nullOr(base64),
    },
    'drop',
  ),
});

const answer: Shape<SignerAnswer> = variantsOf<SignerAnswer>('kind', {
  description: objectOf<Extract<SignerAnswer, { kind: 'description' }>>(
    { ...head, kind: oneOf('description'), algorithm, certificates: boundedText(128 * 1024) },
    'drop',
  ),
  signature: objectOf<Extract<SignerAnswer, { kind: 'signature' }>>(
    { ...head, kind: oneOf('signature'), signature: base64 },
    'drop',
  ),
  error: objectOf<Extract<SignerAnswer, { kind: 'error' }>>(
    {
      ...head,
      kind: oneOf('error'),
      code: boundedText(64, /^[A-Z][A-Z0-9_]*$/u),
      message: boundedText(2000),
      hint: optional(boundedText(2000)),
    },
    'drop',
  ),
});

/** With its line end. */
export function encodeSignerLine(message: SignerRequest | SignerAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

/** Throws MESSAGE_INVALID, or UNSUPPORTED_FORMAT for another major version. */
export function decodeSignerRequest(line: string): SignerRequest {
  return readMessage(request, parseLine(line), 'request');
}

export function decodeSignerAnswer(line: string): SignerAnswer {
  return readMessage(answer, parseLine(line), 'answer');
}

function parseLine(line: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ThemisError('MESSAGE_INVALID', 'Message is not JSON.', { cause: error });
  }
  const given = isJsonObject(value) ? value['signerVersion'] : undefined;
  if (typeof given !== 'string') throw new ThemisError('MESSAGE_INVALID', 'Message names no signerVersion.');
  if (!given.startsWith('1.')) {
    throw new ThemisError(
      'UNSUPPORTED_FORMAT',
      `Message of signer protocol ${JSON.stringify(given.slice(0, 20))}; this Themis speaks ${signerVersion}.`,
    );
  }
  return value;
}
