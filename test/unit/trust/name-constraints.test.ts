import { describe, expect, it } from 'vitest';
import { readDer } from '../../../src/trust/der/read-der.ts';
import { readGeneralName } from '../../../src/trust/x509/names/general-name.ts';
import { isWithin, subjectOf, subtreeOf } from '../../../src/trust/x509/names/is-within.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { integer } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { generalName, nameConstraints, subjectAltNames } from '../../support/pki-constraints.ts';
import { keys, middleCertificate, onPath, type PathSetting } from '../../support/trust/path-stage.ts';

type Form = 'dns' | 'email' | 'uri';
/** Form, name, constraint, within what is permitted, within what is excluded. */
type Row = [Form, string, string, string, string];

const rows: readonly Row[] = [
  ['dns', 'host.example.com', 'example.com', 'yes', 'yes'],
  ['dns', 'EXAMPLE.com', 'example.COM', 'yes', 'yes'],
  ['dns', 'badexample.com', 'example.com', 'no', 'no'],
  ['dns', 'example.com', '.example.com', 'no', 'no'],
  ['dns', 'a.example.com', '.example.com', 'yes', 'yes'],
  ['dns', 'anything.test', '', 'yes', 'yes'],
  ['dns', '*.example.com', 'example.com', 'yes', 'yes'],
  ['dns', '*.example.com', 'a.example.com', 'no', 'yes'],
  ['dns', '*.com', 'a.example.com', 'no', 'yes'],
  ['dns', 'example.com.', 'example.com', 'unknown', 'unknown'],
  ['dns', 'a b.example.com', 'example.com', 'unknown', 'unknown'],
  ['dns', '10.0.0.1', 'example.com', 'unknown', 'unknown'],
  ['dns', 'a.*.example.com', 'example.com', 'unknown', 'unknown'],
  ['email', 'a@example.com', 'example.com', 'yes', 'yes'],
  ['email', 'a@mail.example.com', 'example.com', 'no', 'no'],
  ['email', 'a@mail.example.com', '.example.com', 'yes', 'yes'],
  ['email', 'a@example.com', '.example.com', 'no', 'no'],
  ['email', 'a@EXAMPLE.com', 'a@example.com', 'yes', 'yes'],
  ['email', 'A@example.com', 'a@example.com', 'no', 'yes'],
  ['email', 'example.com', 'example.com', 'unknown', 'unknown'],
  ['email', 'a@b@example.com', 'example.com', 'unknown', 'unknown'],
  ['email', '"a b"@example.com', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example.com/a', 'example.com', 'yes', 'yes'],
  ['uri', 'https://a.example.com/', 'example.com', 'no', 'no'],
  ['uri', 'https://a.example.com/', '.example.com', 'yes', 'yes'],
  ['uri', 'https://example.com@evil.test/', 'example.com', 'no', 'no'],
  ['uri', 'https://evil.test?@example.com', 'example.com', 'no', 'no'],
  ['uri', 'https://evil.test#@example.com/', 'example.com', 'no', 'no'],
  ['uri', 'https://user:x@example.com:8443', 'example.com', 'yes', 'yes'],
  ['uri', 'https://example.com', 'example.com', 'yes', 'yes'],
  ['uri', 'https://example.com:/a%20b?c=/?@:#d?e', 'example.com', 'yes', 'yes'],
  ['uri', 'https://example.com\\@other.test/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://other.test\\@example.com/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://a@b@example.com/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://a%zz@example.com/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example.com:80:80/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example.com:8o/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example.com/a b', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example.com/#a#b', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://example%2ecom/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://10.0.0.1/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://[::1]/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'https://localhost/', 'example.com', 'unknown', 'unknown'],
  ['uri', 'mailto:a@example.com', 'example.com', 'unknown', 'unknown'],
];

describe('a name within a subtree', () => {
  it.each(rows)('%s "%s" in "%s": permitted %s, excluded %s', (form, name, base, permitted, excluded) => {
    const [one, other] = [name, base].map((text) => readGeneralName(readDer(generalName[form](text)), 'A name'));
    const pair = [subjectOf(one!), subtreeOf(other!)] as const;
    expect([isWithin(...pair, 'permitted'), isWithin(...pair, 'excluded')]).toEqual([permitted, excluded]);
  });
});

function codeOf(setting: PathSetting): string {
  const result = verifyDetached({ ...onPath(setting), profile: 'codeSigning' });
  return result.ok ? 'ok' : result.code;
}

describe('names along a path', () => {
  const { dns, directory, email } = generalName;
  const constrained = (...names: readonly Uint8Array[]): Uint8Array => nameConstraints({ permitted: names });

  it('are free where no constraint has their form', () => {
    const leaf = { more: [subjectAltNames(dns('a.test'), email('a@b.test'))] };
    expect(codeOf({ middle: { more: [constrained(directory(pki.name('Signer')))] }, leaf })).toBe('ok');
  });

  it('have to satisfy every authority, not only the last', () => {
    const leaf = { more: [subjectAltNames(dns('a.example.com'))] };
    expect(codeOf({ root: { more: [constrained(dns('example.com'))] }, leaf })).toBe('ok');
    const middle = { more: [constrained(dns('com'), dns('test'))] };
    expect(codeOf({ root: { more: [constrained(dns('example.com'))] }, middle, leaf })).toBe('ok');
    expect(codeOf({ root: { more: [constrained(dns('example.net'))] }, middle, leaf })).toBe(
      'NAME_CONSTRAINT_NOT_PERMITTED',
    );
  });

  it('of authorities count as well, but not of one that renews itself', () => {
    const root = { more: [constrained(directory(pki.name('Signer')))] };
    expect(codeOf({ root })).toBe('NAME_CONSTRAINT_NOT_PERMITTED');
    const renewed = middleCertificate({ subject: pki.name('Root'), key: keys.other(), serial: integer(9) });
    expect(codeOf({ root, middle: null, leaf: { issuerKey: keys.other() }, others: [renewed] })).toBe('ok');
  });
});
