/**
 * The algorithms Themis accepts; a row here is a decision. Parameters are part of an identifier (RFC 4055, RFC 5754,
 * RFC 5758): NULL for RSA, absent for ECDSA, NULL or absent for SHA-2.
 */
import { refuse } from '../refusal.ts';
import { fieldsOf } from '../der/fields.ts';
import { type DerElement, tags } from '../der/read-der.ts';
import { readOid } from '../der/values.ts';

export type Hash = 'sha256' | 'sha384' | 'sha512';

/** `hash: null`: the hash stands elsewhere (`rsaEncryption` as the signature algorithm of a signer, RFC 3370 3.2). */
export interface SignatureAlgorithm {
  readonly key: 'rsa' | 'ec';
  readonly hash: Hash | null;
  readonly oid: string;
}

const digests: Readonly<Record<string, Hash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const signatures: Readonly<Record<string, Omit<SignatureAlgorithm, 'oid'>>> = {
  '1.2.840.113549.1.1.1': { key: 'rsa', hash: null },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
};

const refusedNames: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'SHA-1',
  '1.2.840.113549.2.5': 'MD5',
  '1.2.840.113549.1.1.4': 'MD5 with RSA',
  '1.2.840.113549.1.1.5': 'SHA-1 with RSA',
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.10040.4.3': 'DSA with SHA-1',
  '1.2.840.10045.4.1': 'ECDSA with SHA-1',
  '1.3.101.112': 'Ed25519',
};

export function readDigestAlgorithm(element: DerElement): Hash {
  const { oid, parameters } = readIdentifier(element, 'A digest algorithm');
  const hash = Object.hasOwn(digests, oid) ? digests[oid] : undefined;
  if (hash === undefined) return unsupported('Digest', oid);
  if (parameters !== undefined && !isNull(parameters)) wrongParameters(hash);
  return hash;
}

export function readSignatureAlgorithm(element: DerElement): SignatureAlgorithm {
  const { oid, parameters } = readIdentifier(element, 'A signature algorithm');
  const known = Object.hasOwn(signatures, oid) ? signatures[oid] : undefined;
  if (known === undefined) return unsupported('Signature', oid);
  const fits = known.key === 'rsa' ? parameters !== undefined && isNull(parameters) : parameters === undefined;
  if (!fits) wrongParameters(oid);
  return { ...known, oid };
}

export function readIdentifier(element: DerElement, what: string): { oid: string; parameters: DerElement | undefined } {
  const fields = fieldsOf(element, what);
  const oid = readOid(fields.take(tags.oid), what);
  const parameters = element.children.length > 1 ? fields.take() : undefined;
  fields.end();
  return { oid, parameters };
}

export function isNull(element: DerElement): boolean {
  return element.tag === tags.null && element.content.length === 0;
}

function unsupported(kind: string, oid: string): never {
  return refuse('ALGORITHM_UNSUPPORTED', `${kind} algorithm ${refusedNames[oid] ?? oid} is not accepted.`);
}

function wrongParameters(name: string): never {
  return refuse('ALGORITHM_PARAMETERS', `The parameters of ${name} are not the ones its standard prescribes.`);
}
