import { describe, expect, it } from 'vitest';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { der, integer, nullValue, oid, sequence, setOf, utf8 } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';

const { extensions, extension } = pki;

describe('anchors file', () => {
  const root = pki.rootCertificate();
  const file = (over: object): Uint8Array =>
    Buffer.from(
      JSON.stringify({
        formatVersion: '1.0',
        anchors: [{ name: 'root', certificate: pki.pem(root) }],
        threshold: 1,
        ...over,
      }),
    );
  const damaged = Buffer.from(root);
  damaged[damaged.length - 1]! ^= 1;

  it('is parsed with a digest of its bytes', () => {
    const parsed = parseAnchors(file({}));
    expect(parsed).toMatchObject({ ok: true, anchors: { threshold: 1, anchors: [{ name: 'root' }] } });
    expect(parsed.ok && parsed.anchors.digest).toMatch(/^sha256:[0-9a-f]{64}$/u);
  });

  const cases: Record<string, [string, Uint8Array]> = {
    'not JSON': ['ANCHORS_MALFORMED', Buffer.from('{')],
    'a list': ['ANCHORS_MALFORMED', Buffer.from('[]')],
    'a member twice': ['ANCHORS_MALFORMED', Buffer.from('{"threshold":1,"threshold":2}')],
    'an unknown major version': ['ANCHORS_VERSION', file({ formatVersion: '2.0' })],
    'an unknown field': ['ANCHORS_MALFORMED', file({ extra: 1 })],
    'no anchor': ['ANCHORS_MALFORMED', file({ anchors: [] })],
    'a threshold of zero': ['ANCHORS_MALFORMED', file({ threshold: 0 })],
    'an anchor without name': ['ANCHORS_MALFORMED', file({ anchors: [{ certificate: pki.pem(root) }] })],
    'no PEM': ['ANCHOR_CERTIFICATE', file({ anchors: [{ name: 'root', certificate: 'MIIB' }] })],
    'a damaged certificate': ['ANCHOR_CERTIFICATE', pki.anchorsFile([damaged])],
    'two certificates in one anchor': [
      'ANCHOR_CERTIFICATE',
      file({ anchors: [{ name: 'root', certificate: pki.pem(root) + pki.pem(root) }] }),
    ],
    'a leaf as anchor': ['ANCHOR_NOT_CA', pki.anchorsFile([pki.certificate()])],
    'a key that may not sign certificates': [
      'ANCHOR_NOT_CA',
      pki.anchorsFile([pki.rootCertificate({ extensions: [extensions.ca(), extensions.digitalSignature()] })]),
    ],
    'an unprocessed extension': [
      'ANCHOR_CERTIFICATE',
      pki.anchorsFile([
        pki.rootCertificate({
          extensions: [extensions.ca(), extensions.keyCertSign(), extension('1.2.3', nullValue(), true)],
        }),
      ]),
    ],
    'one key twice': ['ANCHOR_REPEATED', pki.anchorsFile([root, pki.rootCertificate({ serial: integer(8) })])],
    'an empty subject': [
      'ANCHOR_CERTIFICATE',
      pki.anchorsFile([pki.rootCertificate({ subject: sequence(), issuer: sequence() })]),
    ],
  };
  it.each(Object.entries(cases))('with %s is refused', (_, [code, bytes]) => {
    expect(codeOfFile(bytes)).toBe(code);
  });

  it('shows control characters of a name as question marks', () => {
    const evil = sequence(setOf(sequence(oid('2.5.4.3'), utf8('a\u001b[2Jb'))));
    const parsed = parseAnchors(pki.anchorsFile([pki.rootCertificate({ subject: evil, issuer: evil })]));
    expect(parsed.ok && parsed.anchors.anchors[0]!.certificate.subject.text).toBe('CN=a?[2Jb');
  });

  it('refuses text that is not valid', () => {
    const invalid = sequence(setOf(sequence(oid('2.5.4.3'), der(0x0c, Uint8Array.of(0xff)))));
    expect(codeOfFile(pki.anchorsFile([pki.rootCertificate({ subject: invalid, issuer: invalid })]))).toBe(
      'ANCHOR_CERTIFICATE',
    );
  });
});

function codeOfFile(bytes: Uint8Array): string {
  const parsed = parseAnchors(bytes);
  return parsed.ok ? 'ok' : parsed.code;
}
