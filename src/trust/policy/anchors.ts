/**
 * The anchors file (`trust/anchors.json` of a node): whom it believes, and how many of them have to sign. It is fixed
 * when a node is made; nothing that arrives later adds or replaces an anchor. An anchor is a name and a key, taken from
 * a certificate that says it is an authority; where that certificate is self-signed its signature has to hold.
 */
import { type Digest, digestBytes } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { parseStrictJson } from '../../kernel/document/strict-json.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { type Certificate, isIssuedBy, readCertificate } from '../x509/certificate.ts';
import { decodeCertificatePem } from '../x509/pem.ts';
import type { Revocation } from '../x509/revocation/context.ts';

export interface Anchor {
  readonly name: string;
  readonly certificate: Certificate;
}

export interface AnchorSet {
  readonly anchors: readonly Anchor[];
  /** Distinct signers that a release needs. */
  readonly threshold: number;
  /** Whether a signature is refused where no current list says that its certificates stand. */
  readonly revocation: Revocation;
  /** Whose timestamps count. None: no timestamp is believed. */
  readonly timestampAnchors: readonly Anchor[];
  /** A document that takes its place has a higher one. */
  readonly version: number;
  /** Distinct anchors under which a document that takes its place has to be signed. */
  readonly rotationThreshold: number;
  /** Of the file's bytes: what a node records. */
  readonly digest: Digest;
  /** The file, for whoever has to read it again elsewhere. */
  readonly bytes: Uint8Array;
}

export const anchorsLimitBytes = 1 << 20;
const maxAnchors = 64;
export const maxThreshold = 8;

export function parseAnchors(bytes: Uint8Array): { readonly ok: true; readonly anchors: AnchorSet } | Refusal {
  return refusing(() => ({ anchors: readAnchors(bytes) }));
}

function readAnchors(bytes: Uint8Array): AnchorSet {
  const json = parseStrictJson(bytes, anchorsLimitBytes);
  if (!json.ok) return malformed(`The anchors file cannot be read: ${json.detail}.`);
  const { value } = json;
  if (!isJsonObject(value)) return malformed('The anchors file is not a JSON object.');
  const {
    formatVersion,
    anchors,
    threshold,
    version = 1,
    rotationThreshold,
    revocation = 'known',
    timestampAnchors = [],
    ...rest
  } = value;
  if (typeof formatVersion !== 'string' || !/^1\.\d+$/u.test(formatVersion)) {
    return refuse(
      'ANCHORS_VERSION',
      `The anchors file has format version ${JSON.stringify(formatVersion)}; this Themis reads 1.x.`,
    );
  }
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) malformed(`The anchors file has the unknown field ${JSON.stringify(unknown)}.`);
  if (!Array.isArray(anchors) || anchors.length === 0 || anchors.length > maxAnchors) {
    return malformed(`The anchors file needs 1 to ${maxAnchors} anchors.`);
  }
  if (typeof threshold !== 'number' || !Number.isInteger(threshold) || threshold < 1 || threshold > maxThreshold) {
    return malformed(`The threshold of the anchors file has to be a whole number from 1 to ${maxThreshold}.`);
  }
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    return malformed('The version of the anchors file has to be a whole number of at least 1.');
  if (revocation !== 'known' && revocation !== 'required') {
    return malformed('The revocation of the anchors file has to be "known" or "required".');
  }
  if (!Array.isArray(timestampAnchors) || timestampAnchors.length > maxAnchors)
    return malformed(`The timestamp anchors of the anchors file have to be a list of at most ${maxAnchors}.`);
  const parsed = (anchors as readonly Json[]).map(readAnchor);
  checkDistinct(parsed);
  const parsedTimestamp = (timestampAnchors as readonly Json[]).map(readAnchor);
  checkDistinct(parsedTimestamp);
  return {
    anchors: parsed,
    threshold,
    version,
    rotationThreshold: readRotationThreshold(rotationThreshold, parsed.length),
    revocation,
    timestampAnchors: parsedTimestamp,
    digest: digestBytes(bytes),
    bytes,
  };
}

/** By default more than half of them. */
function readRotationThreshold(value: Json | undefined, anchors: number): number {
  // A signature holds no more signers; more than this many could never come together.
  const most = Math.min(anchors, maxThreshold);
  if (value === undefined) return Math.min(most, Math.floor(anchors / 2) + 1);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  return malformed(`The rotation threshold of the anchors file has to be a whole number from 1 to ${most}.`);
}

function readAnchor(value: Json): Anchor {
  if (!isJsonObject(value)) return malformed('An anchor is not a JSON object.');
  const { name, certificate: pem, ...rest } = value;
  if (typeof name !== 'string' || !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,127}$/u.test(name))
    return malformed('An anchor has no usable name.');
  if (typeof pem !== 'string') return malformed(`Anchor ${name} has no certificate.`);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) malformed(`Anchor ${name} has the unknown field ${JSON.stringify(unknown)}.`);
  const certificate = readAnchorCertificate(name, pem);
  checkAuthority(name, certificate);
  return { name, certificate };
}

function readAnchorCertificate(name: string, pem: string): Certificate {
  try {
    return readCertificate(decodeCertificatePem(pem, 'ANCHOR_CERTIFICATE'));
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return refuse('ANCHOR_CERTIFICATE', `The certificate of anchor ${name} is refused: ${error.message}`);
  }
}

function checkAuthority(name: string, certificate: Certificate): void {
  const { basicConstraints, keyUsage, unprocessedCritical, policyMappings } = certificate.extensions;
  if (certificate.version !== 3 || basicConstraints?.isCa !== true)
    refuse('ANCHOR_NOT_CA', `Anchor ${name} is not the certificate of an authority.`);
  if (keyUsage !== null && !keyUsage.keyCertSign)
    refuse('ANCHOR_NOT_CA', `The key of anchor ${name} may not sign certificates.`);
  const [unprocessed] = unprocessedCritical;
  if (unprocessed !== undefined)
    refuse('ANCHOR_CERTIFICATE', `Anchor ${name} carries ${unprocessed}, which is not processed.`);
  if (policyMappings.length > 0)
    refuse('ANCHOR_CERTIFICATE', `Anchor ${name} maps policies, which only an authority below an anchor can do.`);
  if (certificate.subject.isEmpty) refuse('ANCHOR_CERTIFICATE', `Anchor ${name} has an empty subject.`);
  if (certificate.isSelfIssued && !isIssuedBy(certificate, certificate.key)) {
    refuse('ANCHOR_CERTIFICATE', `The certificate of anchor ${name} does not carry its own signature.`);
  }
}

function checkDistinct(anchors: readonly Anchor[]): void {
  const seen = new Set<string>();
  for (const { name, certificate } of anchors) {
    for (const mark of [`name ${name}`, certificate.key.id]) {
      if (seen.has(mark)) refuse('ANCHOR_REPEATED', `Anchor ${name} appears twice, by name or by key.`);
      seen.add(mark);
    }
  }
}

function malformed(message: string): never {
  return refuse('ANCHORS_MALFORMED', message);
}
