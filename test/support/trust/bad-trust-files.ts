/** Files of a machine's own trust that are refused when they are read: anchors and revocation lists. */
import type { TrustCode } from '../../../src/trust/refusal.ts';
import { integer, nullValue, sequence, time } from '../der.ts';
import { algorithms, certificate, extensions, extension, nowMs } from '../pki.ts';
import { listExtensions, revoked } from '../pki-lists.ts';
import { anchorEntry, anchorsText, dayMs, middleList, rootCertificate } from './path-stage.ts';

export interface BadTrustFile {
  /** Kebab-case, once. */
  readonly id: string;
  readonly kind: 'anchors' | 'list';
  readonly code: TrustCode;
  /** What is wrong with it: completes "refused: ...". */
  readonly what: string;
  make(): Uint8Array;
}

type Make = () => Uint8Array;

function anchors(code: TrustCode, id: string, what: string, make: Make): BadTrustFile {
  return { id, kind: 'anchors', code, what, make };
}

function list(code: TrustCode, id: string, what: string, make: Make): BadTrustFile {
  return { id, kind: 'list', code, what, make };
}

const anchorOf = (options: Parameters<typeof rootCertificate>[0]): Uint8Array =>
  anchorsText({ anchors: [anchorEntry(rootCertificate(options))] });

export const badTrustFiles: readonly BadTrustFile[] = [
  anchors('ANCHORS_MALFORMED', 'anchors-not-json', 'an anchors file that is not JSON', () => Buffer.from('{')),
  anchors(
    'ANCHORS_MALFORMED',
    'anchors-revocation-unknown',
    'an anchors file with an unknown word for revocation',
    () => anchorsText({ revocation: 'never' }),
  ),
  anchors('ANCHORS_VERSION', 'anchors-version', 'an anchors file of another major version', () =>
    anchorsText({ formatVersion: '2.0' }),
  ),
  anchors('ANCHOR_REPEATED', 'anchor-twice', 'one key as two anchors', () =>
    anchorsText({
      anchors: [0, 1].map((index) => anchorEntry(rootCertificate({ serial: integer(index + 1) }), index)),
    }),
  ),
  anchors('ANCHOR_CERTIFICATE', 'anchor-with-unknown-extension', 'an anchor with an unknown critical extension', () =>
    anchorOf({ more: [extension('1.2.3.4', nullValue(), true)] }),
  ),
  anchors('ANCHOR_NOT_CA', 'anchor-not-an-authority', 'an anchor that is no authority', () =>
    anchorsText({ anchors: [anchorEntry(certificate())] }),
  ),
  anchors('ANCHOR_NOT_CA', 'anchor-may-not-sign', 'an anchor whose key may not sign certificates', () =>
    anchorOf({ extensions: [extensions.ca(), extensions.digitalSignature()] }),
  ),
  list('CRL_VERSION', 'list-of-version-1', 'a list of version 1', () => middleList({ version: [], extensions: [] })),
  list('CRL_VALIDITY', 'list-without-end', 'a list that never ends', () => middleList({ nextUpdate: null })),
  list('CRL_VALIDITY', 'list-ends-first', 'a list that ends before it starts', () =>
    middleList({ nextUpdate: time(nowMs - 9 * dayMs) }),
  ),
  list('CRL_ALGORITHM_MISMATCH', 'list-of-two-algorithms', 'a list that names two algorithms', () =>
    middleList({ innerAlgorithm: algorithms.ecdsaSha256 }),
  ),
  list('CRL_EXTENSION_REPEATED', 'list-extension-twice', 'a list with one extension twice', () =>
    middleList({ extensions: [listExtensions.number(1), listExtensions.number(2)] }),
  ),
  list('CRL_ENTRY_REPEATED', 'list-entry-twice', 'a list with one certificate twice', () =>
    middleList({ entries: [revoked(5), revoked(5, { reason: 8 })] }),
  ),
  list('DER_UNEXPECTED', 'list-with-empty-scope', 'a list with a scope that says nothing', () =>
    middleList({ extensions: [extension('2.5.29.28', sequence(), true)] }),
  ),
];
