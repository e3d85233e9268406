/** Paths that were revoked, or of which it is not known where it has to be: the lists at hand are the fault. */
import { der, integer, nullValue, time } from '../der.ts';
import { extension, extensions, name, nowMs } from '../pki.ts';
import { distributionPoints, generalName } from '../pki-constraints.ts';
import { listExtensions, type ListOptions, revoked } from '../pki-lists.ts';
import type { BadFixture } from './bad-fixture.ts';
import { bad, dayMs, keys, middleCertificate, middleList, type PathSetting, rootList, serials } from './path-stage.ts';

const { uri } = generalName;
const { authorityCertificate, number, deltaOf, scope } = listExtensions;
const keyId = () => listExtensions.authorityKeyId(keys.middle());

/** Required, with the list of the root right and that of the signer's issuer as given. */
const required = (...lists: readonly ListOptions[]): PathSetting => ({
  revocation: 'required',
  lists: [rootList(), ...lists.map(middleList)],
});
const leafRevoked = revoked(serials.leaf);
const here = uri('http://lists.example/here');
const there = uri('http://lists.example/there');

/** An authority of its own that signs the lists of others. */
const listSigner = (options: Parameters<typeof middleCertificate>[0] = {}): Uint8Array =>
  middleCertificate({ subject: name('List Signer'), key: keys.other(), serial: integer(9), ...options });
const listOfOther: ListOptions = { issuer: name('List Signer'), issuerKey: keys.other() };
const signedByOther: ListOptions = {
  issuerKey: keys.other(),
  extensions: [number(7), listExtensions.authorityKeyId(keys.other())],
};
/** Named by another key of the issuer, whose certificate is not there. */
const leftOut = (...more: readonly Uint8Array[]): PathSetting => ({
  lists: [middleList({ issuerKey: keys.other(), entries: [leafRevoked], extensions: [number(7), ...more] })],
});
const indirect = [number(7), listExtensions.authorityKeyId(keys.other()), scope({ indirect: true })];
const sentElsewhere = { more: [distributionPoints({ names: [here], issuers: [name('List Signer')] })] };

export const badLists: readonly BadFixture[] = [
  bad('CERT_REVOKED', 'leaf-revoked', 'a signer that was revoked', () => required({ entries: [leafRevoked] })),
  bad('CERT_REVOKED', 'leaf-revoked-known', 'a revoked signer where lists are not required', () => ({
    lists: [middleList({ entries: [leafRevoked] })],
  })),
  bad('CERT_REVOKED', 'leaf-revoked-on-stale-list', 'a signer that a list names which was to be renewed since', () => ({
    lists: [
      middleList({ entries: [leafRevoked], thisUpdate: time(nowMs - 9 * dayMs), nextUpdate: time(nowMs - dayMs) }),
    ],
  })),
  bad('CERT_REVOKED', 'leaf-on-hold', 'a signer on hold', () =>
    required({ entries: [revoked(serials.leaf, { reason: 6 })] }),
  ),
  bad('CERT_REVOKED', 'leaf-removed-in-whole-list', 'a signer that a complete list names as one to be taken out', () =>
    required({ entries: [revoked(serials.leaf, { reason: 8 })] }),
  ),
  bad('CERT_REVOKED', 'leaf-revoked-in-delta', 'a signer that only the changes to a list name', () =>
    required({}, { entries: [revoked(serials.leaf, { reason: 1 })], extensions: [number(8), keyId(), deltaOf(7)] }),
  ),
  bad('CERT_REVOKED', 'hold-lifted-for-another-base', 'a hold lifted by changes to a later list', () =>
    required(
      { entries: [revoked(serials.leaf, { reason: 6 })] },
      { entries: [revoked(serials.leaf, { reason: 8 })], extensions: [number(12), keyId(), deltaOf(11)] },
    ),
  ),
  bad('CERT_REVOKED', 'loss-lifted', 'a key lost, and taken off the list by mere changes', () =>
    required(
      { entries: [revoked(serials.leaf, { reason: 1 })] },
      { entries: [revoked(serials.leaf, { reason: 8 })], extensions: [number(8), keyId(), deltaOf(7)] },
    ),
  ),
  bad('CERT_REVOKED', 'hold-lifted-by-what-is-not-understood', 'a hold lifted by changes nobody understands', () =>
    required(
      { entries: [revoked(serials.leaf, { reason: 6 })] },
      {
        entries: [revoked(serials.leaf, { reason: 8 })],
        extensions: [number(8), keyId(), deltaOf(7), extension('1.2.3.4', nullValue(), true)],
      },
    ),
  ),
  bad('CERT_REVOKED', 'hold-lifted-under-its-own-number', 'a hold lifted by changes with no higher number', () =>
    required(
      { entries: [revoked(serials.leaf, { reason: 6 })] },
      { entries: [revoked(serials.leaf, { reason: 8 })], extensions: [number(7), keyId(), deltaOf(6)] },
    ),
  ),
  bad('CERT_REVOKED', 'hold-lifted-by-older-changes', 'a hold lifted by changes from before it', () =>
    required(
      { entries: [revoked(serials.leaf, { reason: 6 })] },
      {
        entries: [revoked(serials.leaf, { reason: 8 })],
        extensions: [number(8), keyId(), deltaOf(7)],
        thisUpdate: time(nowMs - 2 * dayMs),
      },
    ),
  ),
  bad('CERT_REVOKED', 'later-list-with-lower-number', 'a signer that a later list names under a lower number', () =>
    required(
      { thisUpdate: time(nowMs - 9 * dayMs), extensions: [number(500), keyId()] },
      { entries: [revoked(serials.leaf, { reason: 1 })], extensions: [number(1), keyId()] },
    ),
  ),
  bad(
    'CERT_REVOKED',
    'newer-list-not-understood',
    'a signer that a list names, and a newer one nobody understands',
    () => ({
      lists: [
        middleList({ entries: [leafRevoked] }),
        middleList({ extensions: [number(8), keyId(), extension('1.2.3.4', nullValue(), true)] }),
      ],
    }),
  ),
  bad('CERT_REVOKED', 'leaf-revoked-indirectly', 'a signer that the list of another issuer names', () => ({
    revocation: 'required',
    lists: [
      rootList(),
      middleList({
        ...listOfOther,
        entries: [revoked(serials.leaf, { issuer: name('Middle') })],
        extensions: indirect,
      }),
    ],
    others: [listSigner()],
    leaf: sentElsewhere,
  })),
  bad('CERT_ISSUER_REVOKED', 'issuer-revoked', 'an authority that was revoked', () => ({
    lists: [rootList({ entries: [revoked(serials.middle, { reason: 2 })] })],
  })),
  bad('CRL_MISSING', 'list-missing', 'no list of the issuer, where one is required', () => required()),
  bad('CRL_MISSING', 'list-of-issuer-missing', 'no list for the authority, where one is required', () => ({
    revocation: 'required',
    lists: [middleList()],
  })),
  bad('CRL_STALE', 'list-stale', 'a list that was to be renewed', () =>
    required({ thisUpdate: time(nowMs - 9 * dayMs), nextUpdate: time(nowMs - dayMs) }),
  ),
  bad('CRL_NOT_YET_VALID', 'list-not-yet-valid', 'a list from the future', () =>
    required({ thisUpdate: time(nowMs + 1000) }),
  ),
  bad('CRL_ISSUER_MISMATCH', 'list-of-another-name', 'a list with the issuer’s key under another name', () =>
    required({ issuer: name('Elsewhere') }),
  ),
  bad('CRL_SIGNATURE_INVALID', 'list-signed-by-stranger', 'a list under the issuer’s name with another key', () =>
    required({ issuerKey: keys.other(), extensions: [number(7), keyId()] }),
  ),
  bad('CRL_SIGNER_USAGE', 'list-signer-may-not', 'a list by a key that may sign certificates only', () => ({
    ...required({}),
    middle: {
      extensions: [extensions.ca(), extension('2.5.29.15', der(0x03, Uint8Array.of(2, 0x04)), true)],
    },
  })),
  bad(
    'CRL_SIGNER_UNTRUSTED',
    'list-signer-from-elsewhere',
    'a list by a namesake of the issuer under another authority',
    () => ({
      revocation: 'required',
      // All that is known says that the namesake and those above it stand.
      lists: [rootList(), middleList(signedByOther), middleList({ issuer: name('Second'), issuerKey: keys.second() })],
      others: [
        middleCertificate({ subject: name('Second'), key: keys.second(), serial: integer(8) }),
        middleCertificate({ issuer: name('Second'), issuerKey: keys.second(), key: keys.other(), serial: integer(9) }),
      ],
    }),
  ),
  bad('CRL_SIGNER_UNTRUSTED', 'list-signer-revoked', 'a list whose signer was revoked', () => ({
    revocation: 'required',
    lists: [rootList({ entries: [revoked(9)] }), middleList({ ...listOfOther, extensions: indirect })],
    others: [listSigner()],
    leaf: sentElsewhere,
  })),
  bad('CRL_SIGNER_UNTRUSTED', 'list-signer-left-out', 'a revoked signer that leaves out who signed the list', () => ({
    lists: [
      middleList({
        ...listOfOther,
        entries: [revoked(serials.leaf, { issuer: name('Middle') })],
        extensions: indirect,
      }),
    ],
    leaf: sentElsewhere,
  })),
  bad(
    'CRL_SIGNER_UNTRUSTED',
    'list-signer-replaced',
    'a revoked signer that brings a namesake of who signed the list',
    () => ({
      lists: [middleList({ ...signedByOther, entries: [leafRevoked] })],
      // The key identifier of the one, the key of another.
      others: [
        middleCertificate({
          key: keys.second(),
          serial: integer(9),
          extensions: [extensions.ca(), extensions.keyCertSign(), extensions.subjectKeyId(keys.other())],
        }),
      ],
    }),
  ),
  bad(
    'CRL_SIGNATURE_INVALID',
    'list-signer-left-out-unnamed',
    'a revoked signer that leaves out who signed the list, which says nothing of its key',
    () => leftOut(),
  ),
  bad(
    'CRL_SIGNATURE_INVALID',
    'list-signer-left-out-by-certificate',
    'the same where the list names its key by a certificate',
    () => leftOut(authorityCertificate(name('Root'), serials.middle + 1)),
  ),
  bad(
    'CRL_SIGNER_USAGE',
    'list-signer-may-not-but-names',
    'a signer that a list names by a key that may not sign lists',
    () => ({
      lists: [middleList({ entries: [leafRevoked] })],
      middle: { extensions: [extensions.ca(), extension('2.5.29.15', der(0x03, Uint8Array.of(2, 0x04)), true)] },
    }),
  ),
  bad(
    'CRL_SIGNER_UNTRUSTED',
    'list-signer-vouches-for-itself',
    'a list whose signer only that list vouches for',
    () => ({
      ...required(signedByOther),
      others: [
        middleCertificate({ issuer: name('Middle'), issuerKey: keys.middle(), key: keys.other(), serial: integer(9) }),
      ],
    }),
  ),
  bad('CRL_SCOPE', 'list-of-other-point', 'a list for another distribution point', () => ({
    ...required({ extensions: [number(7), keyId(), scope({ names: [there] })] }),
    leaf: { more: [distributionPoints({ names: [here] })] },
  })),
  bad('CRL_SCOPE', 'list-of-authorities', 'a list of authorities only', () =>
    required({ extensions: [number(7), keyId(), scope({ only: 'ca' })] }),
  ),
  bad('CRL_SCOPE', 'list-of-users', 'for an authority, a list of others than authorities', () => ({
    revocation: 'required',
    lists: [rootList({ extensions: [number(7), scope({ only: 'user' })] }), middleList()],
  })),
  bad('CRL_SCOPE', 'list-of-attributes', 'a list of attribute certificates', () =>
    required({ extensions: [number(7), keyId(), scope({ only: 'attribute' })] }),
  ),
  bad('CRL_SCOPE', 'list-not-indirect', 'a list of another issuer that is not meant to be indirect', () => ({
    revocation: 'required',
    lists: [rootList(), middleList({ ...listOfOther, extensions: [number(7)] })],
    others: [listSigner()],
    leaf: sentElsewhere,
  })),
  bad('CRL_REASONS', 'list-of-some-reasons', 'a list for some reasons only', () =>
    required({ extensions: [number(7), keyId(), scope({ reasons: [1, 2] })] }),
  ),
  bad('CRL_REASONS', 'point-of-some-reasons', 'a list of everything, from a point for some reasons only', () => ({
    ...required({ extensions: [number(7), keyId(), scope({ names: [here] })] }),
    leaf: { more: [distributionPoints({ names: [here], reasons: [1, 2] })] },
  })),
  bad('CRL_DELTA_WITHOUT_BASE', 'delta-without-base', 'changes to a list that pose as the list', () =>
    required({ extensions: [number(8), keyId(), deltaOf(7)] }),
  ),
  bad('CRL_EXTENSION_CRITICAL', 'list-extension-critical', 'a list with an unknown critical extension', () =>
    required({ extensions: [number(7), keyId(), extension('1.2.3.4', nullValue(), true)] }),
  ),
  bad(
    'CRL_EXTENSION_CRITICAL',
    'issuer-in-direct-list',
    'a list of its issuer alone that names certificates of another',
    () => required({ entries: [revoked(99, { issuer: name('Elsewhere') })] }),
  ),
  bad(
    'CRL_EXTENSION_CRITICAL',
    'older-list-in-its-place',
    'an older list in place of a newer one with an unknown critical extension',
    () => required({}, { extensions: [number(8), keyId(), extension('1.2.3.4', nullValue(), true)] }),
  ),
  bad(
    'CRL_EXTENSION_CRITICAL',
    'entry-extension-critical',
    'a list with an unknown critical extension in an entry',
    () => required({ entries: [revoked(99, { extensions: [extension('1.2.3.4', nullValue(), true)] })] }),
  ),
];
