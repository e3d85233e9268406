/**
 * node-forge reads signed data and leaves verification to its user: `verify` only throws. This is what its users write
 * around it: the chain by `verifyCertificateChain`, the signature and the message digest by hand.
 */
import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import type { Peer, Question, Verdict } from './verdict.ts';

type Message = ReturnType<typeof forge.pkcs7.messageFromAsn1>;
type ForgeCertificate = Message['certificates'][number];

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const messageDigest = '1.2.840.113549.1.9.4';

export function forgePeer(): Peer {
  const { version } = JSON.parse(
    readFileSync(new URL('../../node_modules/node-forge/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return { name: 'node-forge', version, judge: async (question) => judge(question) };
}

function judge(fixture: Question): Verdict {
  let message: Message;
  let anchors: ForgeCertificate[];
  try {
    message = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(binary(fixture.signature)));
    anchors = fixture.anchors.map((anchor) => forge.pki.certificateFromAsn1(forge.asn1.fromDer(binary(anchor))));
  } catch {
    return 'unread';
  }
  try {
    return holds(message, anchors, fixture) ? 'accepts' : 'refuses';
  } catch {
    return 'refuses';
  }
}

function holds(
  { certificates, rawCapture }: Message,
  anchors: readonly ForgeCertificate[],
  fixture: Question,
): boolean {
  const serial = Buffer.from(rawCapture.serial, 'latin1').toString('hex');
  const signer = certificates.find(({ serialNumber }) => serialNumber === serial);
  if (signer === undefined) return false;
  const chain = chainFrom(signer, certificates);
  const store = forge.pki.createCaStore(anchors);
  if (!forge.pki.verifyCertificateChain(store, chain, { validityCheckDate: new Date(fixture.nowMs) })) return false;
  const hash = forge.pki.oids[forge.asn1.derToOid(rawCapture.digestAlgorithm)] as keyof typeof forge.md;
  const digestOf = (bytes: string): string => forge.md[hash].create().update(bytes).digest().bytes();
  const content = digestOf(binary(fixture.content));
  const attributes = rawCapture.authenticatedAttributes;
  if (attributes === undefined) return signer.publicKey.verify(content, rawCapture.signature);
  const set = forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SET, true, attributes);
  if (!signer.publicKey.verify(digestOf(forge.asn1.toDer(set).getBytes()), rawCapture.signature)) return false;
  return attributes.some((attribute) => digestIn(attribute) === content);
}

function digestIn({
  value,
}: NonNullable<Message['rawCapture']['authenticatedAttributes']>[number]): string | undefined {
  const [type, values] = value as Exclude<typeof value, string>;
  if (forge.asn1.derToOid(type!.value as string) !== messageDigest) return undefined;
  return (values!.value as Exclude<typeof value, string>)[0]!.value as string;
}

function chainFrom(signer: ForgeCertificate, pool: readonly ForgeCertificate[]): ForgeCertificate[] {
  const chain = [signer];
  for (;;) {
    const last = chain.at(-1)!;
    const issuer = pool.find((one) => one.subject.hash === last.issuer.hash && !chain.includes(one));
    if (issuer === undefined) return chain;
    chain.push(issuer);
  }
}
