/** Paths in which an authority is not obeyed: its name constraints or its certificate policies. */
import { extension, name } from '../pki.ts';
import {
  anyPolicyOid,
  generalName,
  inhibitAnyPolicy,
  nameConstraints,
  policies,
  policyConstraints,
  policyMappings,
  subjectAltNames,
} from '../pki-constraints.ts';
import { der, explicit, integer, octets, oid, printable, sequence, setOf, utf8 } from '../der.ts';
import type { BadFixture } from './bad-fixture.ts';
import { bad, keys, middleCertificate, type PathSetting } from './path-stage.ts';

type Names = readonly Uint8Array[];
const { dns, email, uri, directory, address, other } = generalName;

/** The authority constrains, the signer carries. */
const named = (subtrees: { permitted?: Names; excluded?: Names }, ...names: Names): PathSetting => ({
  middle: { more: [nameConstraints(subtrees)] },
  leaf: names.length === 0 ? {} : { more: [subjectAltNames(...names)] },
});

const inOrganisation = (organisation: string, commonName: string): Uint8Array =>
  sequence(
    setOf(sequence(oid('2.5.4.10'), printable(organisation))),
    setOf(sequence(oid('2.5.4.3'), utf8(commonName))),
  );
const organisation = (text: string): Uint8Array =>
  directory(sequence(setOf(sequence(oid('2.5.4.10'), printable(text)))));
const underExcluded = (value: Uint8Array): PathSetting => ({
  ...named({ excluded: [organisation('Example')] }),
  leaf: { subject: sequence(setOf(sequence(oid('2.5.4.10'), value))) },
});
const withEmail = sequence(setOf(sequence(oid('1.2.840.113549.1.9.1'), utf8('a@elsewhere.example'))));

const p1 = '2.16.840.1.101.3.2.1.48.1';
const p2 = '2.16.840.1.101.3.2.1.48.2';
const demand = policyConstraints({ requireExplicit: 0 });
const withPolicies = (middle: Names, leaf: Names): PathSetting => ({ middle: { more: middle }, leaf: { more: leaf } });

/** As many names and subtrees as there may be, all the way down, and every name where it belongs. */
function crowded(): PathSetting {
  const many = (text: (index: number) => string, count = 256): Names =>
    Array.from({ length: count }, (_, index) => dns(text(index)));
  const more = [
    nameConstraints({
      permitted: [...many((index) => `x${index}.test`, 255), dns('example')],
      excluded: many((index) => `y${index}.example`),
    }),
    subjectAltNames(...many((index) => `z${index}.example`)),
  ];
  const levels = Array.from({ length: 6 }, (_, index) =>
    middleCertificate({
      subject: name(`Level ${index}`),
      issuer: name(index === 0 ? 'Middle' : `Level ${index - 1}`),
      issuerKey: keys.middle(),
      serial: integer(100 + index),
      more,
    }),
  );
  return { root: { more }, middle: { more }, others: levels, leaf: { issuer: name('Level 5'), more: more.slice(1) } };
}

export const badConstraints: readonly BadFixture[] = [
  bad(
    'NAME_CONSTRAINT_NOT_PERMITTED',
    'directory-name-not-permitted',
    'a subject outside what its authority may name',
    () => ({
      ...named({ permitted: [organisation('Example')] }),
      leaf: { subject: inOrganisation('Elsewhere', 'Signer') },
    }),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'directory-name-excluded', 'a subject its authority may not name', () => ({
    ...named({ excluded: [organisation('Example')] }),
    leaf: { subject: inOrganisation('EXAMPLE', 'Signer') },
  })),
  bad(
    'NAME_CONSTRAINT_EXCLUDED',
    'directory-name-in-utf-16',
    'an excluded subject, written in another string type',
    () => underExcluded(der(0x1e, Buffer.from('Example', 'utf16le').swap16())),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'directory-name-unseen', 'an excluded subject with a character nobody sees', () =>
    underExcluded(utf8('Exam\u00ad\u200bple')),
  ),
  bad(
    'NAME_CONSTRAINT_UNSUPPORTED',
    'directory-name-unsure',
    'a subject in a character set that not everybody reads alike, under a constraint',
    () => underExcluded(der(0x14, Buffer.from('Exampl\u00e9', 'latin1'))),
  ),
  bad('NAME_CONSTRAINT_UNSUPPORTED', 'directory-name-no-text', 'a subject that is no text, under a constraint', () =>
    underExcluded(octets(Buffer.from('Example'))),
  ),
  bad('NAME_CONSTRAINT_NOT_PERMITTED', 'dns-name-not-permitted', 'a host name outside what is permitted', () =>
    named({ permitted: [dns('example.com')] }, dns('example.com'), dns('notexample.com')),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'dns-name-excluded', 'a host name below what is excluded', () =>
    named({ excluded: [dns('example.com')] }, dns('HOST.Example.com')),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'dns-wildcard-excluded', 'a wildcard that covers an excluded host', () =>
    named({ excluded: [dns('secret.example.com')] }, dns('*.example.com')),
  ),
  bad('NAME_CONSTRAINT_NOT_PERMITTED', 'email-not-permitted', 'a mailbox at a host that is not permitted', () =>
    named({ permitted: [email('example.com')] }, email('a@mail.example.com')),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'email-excluded', 'an excluded mailbox, spelt in capitals', () =>
    named({ excluded: [email('root@example.com')] }, email('ROOT@example.com')),
  ),
  bad('NAME_CONSTRAINT_NOT_PERMITTED', 'email-in-subject', 'a mailbox in the subject that is not permitted', () => ({
    ...named({ permitted: [email('example.com')] }),
    leaf: { subject: withEmail },
  })),
  bad(
    'NAME_CONSTRAINT_UNSUPPORTED',
    'email-in-utf-8',
    'a mailbox in the form for UTF-8, under a constraint on mailboxes',
    () =>
      named(
        { excluded: [email('example.com')] },
        explicit(0, oid('1.3.6.1.5.5.7.8.9'), explicit(0, utf8('a@example.com'))),
      ),
  ),
  bad('NAME_CONSTRAINT_NOT_PERMITTED', 'uri-not-permitted', 'an address of a host that is not permitted', () =>
    named({ permitted: [uri('.example.com')] }, uri('https://example.com/')),
  ),
  bad('NAME_CONSTRAINT_EXCLUDED', 'uri-excluded', 'an address of an excluded host, behind a user name', () =>
    named({ excluded: [uri('example.com')] }, uri('https://other.test@example.com:8443/x')),
  ),
  bad('NAME_CONSTRAINT_UNSUPPORTED', 'uri-with-a-backslash', 'an address of an excluded host, before a backslash', () =>
    named({ excluded: [uri('example.com')] }, uri('https://example.com\\@other.test/')),
  ),
  bad('NAME_CONSTRAINT_UNSUPPORTED', 'uri-without-host', 'an address without a host under a constraint', () =>
    named({ permitted: [uri('example.com')] }, uri('urn:example:com')),
  ),
  bad(
    'NAME_CONSTRAINT_UNSUPPORTED',
    'constrained-form-unsupported',
    'a name of a form whose constraint nobody can check',
    () => named({ excluded: [address(10, 0, 0, 0, 255, 0, 0, 0)] }, address(10, 1, 2, 3)),
  ),
  bad('NAME_CONSTRAINT_UNSUPPORTED', 'other-name-unsupported', 'a name of a private form under a constraint', () =>
    named({ permitted: [other('here')] }, other('here')),
  ),
  bad('NAME_CONSTRAINT_MALFORMED', 'constraints-empty', 'name constraints that constrain nothing', () => ({
    middle: { more: [extension('2.5.29.30', sequence(), true)] },
  })),
  bad('NAME_CONSTRAINT_MALFORMED', 'constraint-with-depth', 'a name constraint that limits depth', () => ({
    middle: {
      more: [extension('2.5.29.30', sequence(explicit(0, sequence(dns('a.test'), explicit(0, integer(1))))), true)],
    },
  })),
  bad('NAME_CONSTRAINT_NOT_PERMITTED', 'anchor-constrains-names', 'a subject outside what the anchor may name', () => ({
    root: { more: [nameConstraints({ permitted: [directory(name('Elsewhere'))] })] },
  })),
  bad('CMS_TOO_COSTLY', 'names-beyond-count', 'more names to compare with more constraints than anybody has', crowded),
  bad('CERT_POLICY_REQUIRED', 'policy-missing', 'a required policy that the signer does not have', () =>
    withPolicies([demand, policies(p1)], []),
  ),
  bad('CERT_POLICY_REQUIRED', 'policy-of-another-kind', 'another policy than the one required', () =>
    withPolicies([demand, policies(p1)], [policies(p2)]),
  ),
  bad('CERT_POLICY_REQUIRED', 'policy-mapping-inhibited', 'a mapping of policies where mapping is forbidden', () => ({
    ...withPolicies([policies(p1), policyMappings([p1, p2])], [policies(p2)]),
    root: { more: [policyConstraints({ requireExplicit: 0, inhibitMapping: 0 })] },
  })),
  bad('CERT_POLICY_REQUIRED', 'any-policy-inhibited', 'any policy where one has to be named', () =>
    withPolicies([demand, policies(p1), inhibitAnyPolicy(0)], [policies(anyPolicyOid)]),
  ),
  bad('CERT_POLICY_MAPPING_ANY', 'mapping-from-any', 'a mapping of any policy', () =>
    withPolicies([policies(anyPolicyOid), policyMappings([anyPolicyOid, p1])], []),
  ),
  bad('CERT_POLICY_MAPPING_ANY', 'mapping-to-any', 'a mapping to any policy', () =>
    withPolicies([policies(p1), policyMappings([p1, anyPolicyOid])], []),
  ),
  bad('CERT_POLICY_REPEATED', 'policy-twice', 'one policy twice', () => withPolicies([], [policies(p1, p1)])),
  bad('CERT_POLICY_QUALIFIER', 'policy-qualifier-unknown', 'critical policies with an unknown qualifier', () => {
    const qualifier = sequence(oid('1.2.3.4'), utf8('?'));
    return withPolicies([], [extension('2.5.29.32', sequence(sequence(oid(p1), sequence(qualifier))), true)]);
  }),
];
