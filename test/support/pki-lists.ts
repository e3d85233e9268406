/** Revocation lists of every kind, right and wrong, from their parts. */
import { sign } from 'node:crypto';
import { bits, der, explicit, integer, sequence, time } from './der.ts';
import { defaultAlgorithm, extension, extensions, type KeyPair, keyPair, name, nowMs } from './pki.ts';
import { generalName, pointName, reasonFlags } from './pki-constraints.ts';

const dayMs = 86_400_000;

export interface EntryOptions {
  readonly at?: number;
  /** CRLReason. */
  readonly reason?: number;
  readonly invalidAt?: number;
  readonly issuer?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
}

export function revoked(serial: number, options: EntryOptions = {}): Uint8Array {
  const list = [
    ...(options.reason === undefined ? [] : [extension('2.5.29.21', der(0x0a, Uint8Array.of(options.reason)))]),
    ...(options.invalidAt === undefined ? [] : [extension('2.5.29.24', generalizedTime(options.invalidAt))]),
    ...(options.issuer === undefined
      ? []
      : [extension('2.5.29.29', sequence(generalName.directory(options.issuer)), true)]),
    ...(options.extensions ?? []),
  ];
  return sequence(
    integer(serial),
    time(options.at ?? nowMs - dayMs),
    ...(list.length === 0 ? [] : [sequence(...list)]),
  );
}

function generalizedTime(ms: number): Uint8Array {
  return der(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/gu, '')));
}

export interface ScopeOptions {
  readonly names?: readonly Uint8Array[];
  readonly only?: 'user' | 'ca' | 'attribute';
  readonly reasons?: readonly number[];
  readonly indirect?: boolean;
}

const flag = (tag: number): Uint8Array => der(tag, Uint8Array.of(0xff));

export const listExtensions = {
  number: (value: number): Uint8Array => extension('2.5.29.20', integer(value)),
  deltaOf: (base: number): Uint8Array => extension('2.5.29.27', integer(base), true),
  expiredSince: (ms: number): Uint8Array => extension('2.5.29.60', generalizedTime(ms)),
  authorityKeyId: (pair: KeyPair): Uint8Array => extensions.authorityKeyId(pair),
  authorityCertificate: (issuer: Uint8Array, serial: number): Uint8Array =>
    extension(
      '2.5.29.35',
      sequence(explicit(1, generalName.directory(issuer)), der(0x82, integer(serial).subarray(2))),
    ),
  scope: ({ names, only, reasons, indirect }: ScopeOptions): Uint8Array =>
    extension(
      '2.5.29.28',
      sequence(
        ...(names === undefined ? [] : [pointName(names)]),
        ...(only === 'user' ? [flag(0x81)] : []),
        ...(only === 'ca' ? [flag(0x82)] : []),
        ...(reasons === undefined ? [] : [reasonFlags(0x83, reasons)]),
        ...(indirect === true ? [flag(0x84)] : []),
        ...(only === 'attribute' ? [flag(0x85)] : []),
      ),
      true,
    ),
};

export interface ListOptions {
  readonly issuer?: Uint8Array;
  readonly issuerKey?: KeyPair;
  readonly thisUpdate?: Uint8Array;
  /** null: none. */
  readonly nextUpdate?: Uint8Array | null;
  readonly entries?: readonly Uint8Array[];
  /** Default: number 7 and the key identifier of the issuer. */
  readonly extensions?: readonly Uint8Array[];
  readonly version?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
}

export function revocationList(options: ListOptions = {}): Uint8Array {
  const issuerKey = options.issuerKey ?? keyPair('root');
  const algorithm = options.algorithm ?? defaultAlgorithm(issuerKey);
  const list = options.extensions ?? [listExtensions.number(7), listExtensions.authorityKeyId(issuerKey)];
  const entries = options.entries ?? [];
  const next = options.nextUpdate === undefined ? time(nowMs + dayMs) : options.nextUpdate;
  const tbs = sequence(
    ...(options.version ?? [integer(1)]),
    options.innerAlgorithm ?? algorithm,
    options.issuer ?? name('Root'),
    options.thisUpdate ?? time(nowMs - dayMs),
    ...(next === null ? [] : [next]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    ...(list.length === 0 ? [] : [explicit(0, sequence(...list))]),
  );
  return sequence(tbs, algorithm, bits(sign('sha256', tbs, issuerKey.privateKey)));
}
