import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { readCertificateList } from '../../src/trust/x509/certificate-list.ts';
import { time } from '../support/der.ts';
import { nowMs } from '../support/pki.ts';
import { listExtensions, revoked } from '../support/pki-lists.ts';
import { runs } from '../support/runs.ts';
import { stamped, stampedTrust } from '../support/trust/bad-timestamps.ts';
import { content, signed } from '../support/trust/rsa-stage.ts';
import { dayMs, keys, rootList } from '../support/trust/path-stage.ts';

/** A list of the authority: what it names, why, and how it stands to the others. */
const list = fc
  .record({
    from: fc.integer({ min: -12, max: 35 }),
    days: fc.integer({ min: 0, max: 40 }),
    number: fc.integer({ min: 2, max: 6 }),
    reason: fc.constantFrom(null, null, 1, 4, 6, 8),
    isDelta: fc.constantFrom(false, false, false, true),
    reachesBack: fc.boolean(),
  })
  .map(({ from, days, number, reason, isDelta, reachesBack }) =>
    readCertificateList(
      rootList({
        thisUpdate: time(nowMs + from * dayMs),
        nextUpdate: time(nowMs + (from + days) * dayMs),
        entries: reason === null ? [] : [revoked(4711, { reason, at: nowMs - 5 * dayMs })],
        extensions: [
          listExtensions.number(number),
          listExtensions.authorityKeyId(keys.root()),
          ...(isDelta ? [listExtensions.deltaOf(number - 1)] : []),
          ...(reachesBack ? [listExtensions.expiredSince(nowMs)] : []),
        ],
      }),
    ),
  );

// With a timestamp an answer goes on after the certificate ended; without one it goes further back.
const signatures = [signed(), stamped()];

test('an answer holds at every instant of the span it names, whatever lists are at hand', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...signatures),
      fc.array(list, { maxLength: 4 }),
      fc.boolean(),
      fc.integer({ min: -10, max: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (signature, crls, isRequired, day, at) => {
        const { anchors } = stampedTrust();
        // The lists of the timestamp authority are no matter here.
        const timestampAnchors = isRequired ? [] : anchors.timestampAnchors;
        const revocation = isRequired ? 'required' : 'known';
        const trust = { anchors: { ...anchors, timestampAnchors, revocation }, crls } as const;
        const answer = (when: number) =>
          verifyDetached({ content, signature, trust, nowMs: when, profile: 'codeSigning' });
        const first = answer(nowMs + day * dayMs);
        if (!first.ok) return;
        const { validFromMs, validUntilMs } = first;
        const until = Math.min(validUntilMs, nowMs + 100 * dayMs);
        for (const when of [validFromMs, until, Math.round(validFromMs + at * (until - validFromMs))])
          expect(answer(when)).toEqual(first);
      },
    ),
    runs(5000),
  );
});
