/**
 * The algorithms Themis accepts; a row here is a decision. Parameters are part of an identifier (RFC 4055, RFC 5754,
 * RFC 5758, RFC 8410): NULL for RSA PKCS#1, absent for ECDSA and Ed25519, NULL or absent for SHA-2; those of RSA-PSS are
 * read one by one, because a default there means SHA-1.
 */
import { refuse, type TrustCode } from '../refusal.ts';
import { fieldsOf, unwrap } from '../der/fields.ts';
import type { DerElement } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readOid, readSmall } from '../der/values.ts';

export type Hash = 'sha256' | 'sha384' | 'sha512';

export type SignatureScheme = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519';

export interface SignatureAlgorithm {
  readonly scheme: SignatureScheme;
  /** null: the hash stands elsewhere (`rsaEncryption` as the signature algorithm of a signer, RFC 3370 3.2). */
  readonly hash: Hash | null;
  readonly oid: string;
}

export const hashBytes: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 };

const digests: Readonly<Record<string, Hash>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const pss = '1.2.840.113549.1.1.10';
const mgf1 = '1.2.840.113549.1.1.8';

const signatures: Readonly<Record<string, Omit<SignatureAlgorithm, 'oid'>>> = {
  '1.2.840.113549.1.1.1': { scheme: 'rsa-pkcs1', hash: null },
  '1.2.840.113549.1.1.11': { scheme: 'rsa-pkcs1', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { scheme: 'rsa-pkcs1', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { scheme: 'rsa-pkcs1', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { scheme: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { scheme: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { scheme: 'ecdsa', hash: 'sha512' },
  // RFC 8419 3.1: with signed attributes the digest is SHA-512.
  '1.3.101.112': { scheme: 'ed25519', hash: 'sha512' },
};

const refused: Readonly<Record<string, readonly [TrustCode, string]>> = {
  '1.3.14.3.2.26': ['ALGORITHM_SHA1', 'SHA-1'],
  '1.3.14.3.2.29': ['ALGORITHM_SHA1', 'SHA-1 with RSA'],
  '1.2.840.113549.1.1.5': ['ALGORITHM_SHA1', 'SHA-1 with RSA'],
  '1.2.840.10045.4.1': ['ALGORITHM_SHA1', 'ECDSA with SHA-1'],
  '1.2.840.113549.2.5': ['ALGORITHM_MD5', 'MD5'],
  '1.2.840.113549.1.1.4': ['ALGORITHM_MD5', 'MD5 with RSA'],
  '1.2.840.10040.4.1': ['ALGORITHM_DSA', 'DSA'],
  '1.2.840.10040.4.3': ['ALGORITHM_DSA', 'DSA with SHA-1'],
  '2.16.840.1.101.3.4.3.1': ['ALGORITHM_DSA', 'DSA with SHA-224'],
  '2.16.840.1.101.3.4.3.2': ['ALGORITHM_DSA', 'DSA with SHA-256'],
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
  if (oid === pss) return { scheme: 'rsa-pss', hash: readPssParameters(parameters), oid };
  const known = Object.hasOwn(signatures, oid) ? signatures[oid] : undefined;
  if (known === undefined) return unsupported('Signature', oid);
  const fits = known.scheme === 'rsa-pkcs1' ? parameters !== undefined && isNull(parameters) : parameters === undefined;
  if (!fits) wrongParameters(oid);
  return { ...known, oid };
}

/**
 * RSASSA-PSS-params (RFC 4055 3.1): one SHA-2 hash for message and mask, a salt as long as the hash, and the only trailer
 * there is, which as a default DER leaves out.
 */
function readPssParameters(parameters: DerElement | undefined): Hash {
  if (parameters === undefined) return wrongParameters('RSA-PSS');
  const fields = fieldsOf(parameters, 'The parameters of RSA-PSS');
  const hashField = fields.optional(0xa0);
  if (hashField === undefined)
    return refuse('ALGORITHM_SHA1', 'The parameters of RSA-PSS name no hash, which means SHA-1; it is not accepted.');
  const hash = readDigestAlgorithm(unwrap(hashField, 'The hash of RSA-PSS'));
  const maskField = fields.optional(0xa1);
  if (maskField === undefined || readMaskHash(unwrap(maskField, 'The mask of RSA-PSS')) !== hash)
    refuse('ALGORITHM_PSS_MASK', `The mask of RSA-PSS is not MGF1 with ${hash}, the hash of the signature.`);
  const saltField = fields.optional(0xa2);
  const saltBytes = saltField === undefined ? 20 : readSmall(unwrap(saltField, 'The salt of RSA-PSS'), 'A salt length');
  if (saltBytes !== hashBytes[hash])
    refuse('ALGORITHM_PSS_SALT', `The salt of RSA-PSS has ${saltBytes} bytes; ${hash} asks for ${hashBytes[hash]}.`);
  if (fields.optional(0xa3) !== undefined)
    refuse('ALGORITHM_PSS_TRAILER', 'The trailer of RSA-PSS is written out; only the default is accepted.');
  fields.end();
  return hash;
}

/** null for a mask function other than MGF1, and for one with a hash that is not accepted. */
function readMaskHash(element: DerElement): Hash | null {
  const mask = readIdentifier(element, 'A mask function');
  if (mask.oid !== mgf1 || mask.parameters === undefined) return null;
  const { oid, parameters } = readIdentifier(mask.parameters, 'The hash of a mask function');
  if (parameters !== undefined && !isNull(parameters)) return null;
  return Object.hasOwn(digests, oid) ? digests[oid]! : null;
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
  const [code, name] = Object.hasOwn(refused, oid) ? refused[oid]! : (['ALGORITHM_UNSUPPORTED', oid] as const);
  return refuse(code, `${kind} algorithm ${name} is not accepted.`);
}

function wrongParameters(name: string): never {
  return refuse('ALGORITHM_PARAMETERS', `The parameters of ${name} are not the ones its standard prescribes.`);
}
