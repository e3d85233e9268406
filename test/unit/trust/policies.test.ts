import { describe, expect, it } from 'vitest';
import { refusing } from '../../../src/trust/refusal.ts';
import type { Certificate } from '../../../src/trust/x509/certificate.ts';
import { checkPolicies, type InitialPolicies, openPolicies } from '../../../src/trust/x509/policies/policy-graph.ts';
import { anyPolicy, type PolicyMapping } from '../../../src/trust/x509/policies/read-policies.ts';

interface Shape {
  readonly policies?: readonly string[];
  readonly mappings?: readonly PolicyMapping[];
  readonly requireExplicit?: number;
  readonly inhibitMapping?: number;
  readonly inhibitAny?: number;
  readonly isSelfIssued?: boolean;
}

/** Only what policies look at. */
function certificate(shape: Shape): Certificate {
  const { requireExplicit = null, inhibitMapping = null } = shape;
  const extensions = {
    policies: shape.policies === undefined ? null : new Set(shape.policies),
    policyMappings: shape.mappings ?? [],
    policyConstraints: { requireExplicit, inhibitMapping },
    inhibitAnyPolicy: shape.inhibitAny ?? null,
  };
  return { isSelfIssued: shape.isSelfIssued ?? false, extensions } as unknown as Certificate;
}

const required: InitialPolicies = { ...openPolicies, requireExplicit: true };
const onlyA: InitialPolicies = { ...required, acceptable: ['a'] };
const map = (issuer: string, subject: string): PolicyMapping => ({ issuer, subject });

function codeOf(initial: InitialPolicies, path: readonly Shape[], anchor: Shape = {}): string {
  const result = refusing(() => {
    checkPolicies(certificate(anchor), path.map(certificate), initial);
    return {};
  });
  return result.ok ? 'ok' : result.code;
}

const refused = 'CERT_POLICY_REQUIRED';

describe('certificate policies', () => {
  it.each<[string, string, InitialPolicies, readonly Shape[]]>([
    ['matter to nobody where none is required', 'ok', openPolicies, [{}, {}]],
    ['have to be there where one is', refused, required, [{ policies: ['a'] }, {}]],
    ['have to be the same all the way', refused, required, [{ policies: ['a'] }, { policies: ['b'] }]],
    ['may be any on the way', 'ok', onlyA, [{ policies: [anyPolicy] }, { policies: ['a'] }]],
    ['may be any at the end', 'ok', onlyA, [{ policies: ['a'] }, { policies: [anyPolicy] }]],
    ['have to be acceptable', refused, onlyA, [{ policies: ['b'] }, { policies: ['b'] }]],
    ['are translated', 'ok', onlyA, [{ policies: ['a'], mappings: [map('a', 'b')] }, { policies: ['b'] }]],
    [
      'are acceptable untranslated only',
      refused,
      onlyA,
      [{ policies: ['b'], mappings: [map('b', 'a')] }, { policies: ['a'] }],
    ],
    [
      'are not what was translated away',
      refused,
      required,
      [{ policies: ['a'], mappings: [map('a', 'b')] }, { policies: ['a'] }],
    ],
    [
      'may be translated from any',
      'ok',
      onlyA,
      [{ policies: [anyPolicy], mappings: [map('a', 'b')] }, { policies: ['b'] }],
    ],
    ['may be required by the last', refused, openPolicies, [{ policies: ['a'] }, { requireExplicit: 0 }]],
    ['may be required after others', 'ok', openPolicies, [{ requireExplicit: 2 }, {}]],
    ['do not count who renews itself', refused, openPolicies, [{ requireExplicit: 1 }, { isSelfIssued: true }, {}, {}]],
  ])('%s: %s', (_, code, initial, path) => {
    expect(codeOf(initial, path)).toBe(code);
  });

  it('of who renews itself may be any even where any counts for nothing', () => {
    const path = [
      { policies: ['a'], inhibitAny: 0 },
      { policies: [anyPolicy], isSelfIssued: true },
      { policies: ['a'] },
    ];
    expect(codeOf(required, path)).toBe('ok');
    expect(codeOf(required, [path[0]!, { policies: [anyPolicy] }, path[2]!])).toBe(refused);
  });

  it('obey what the anchor demands', () => {
    expect(codeOf(openPolicies, [{}, {}], { requireExplicit: 0 })).toBe(refused);
    const path = [{ policies: ['a'], mappings: [map('a', 'b')] }, { policies: ['b'] }];
    expect(codeOf(required, path)).toBe('ok');
    expect(codeOf(required, path, { inhibitMapping: 0 })).toBe(refused);
    expect(codeOf(required, [{ policies: [anyPolicy] }, { policies: ['a'] }], { inhibitAny: 0 })).toBe(refused);
  });

  it('that each map to all do not multiply', () => {
    // 30 policies over 40 certificates: a tree would have 30^40 nodes.
    const names = Array.from({ length: 30 }, (_, index) => `p${index}`);
    const mappings = names.flatMap((issuer) => names.map((subject) => map(issuer, subject)));
    const path = [...Array.from({ length: 40 }, () => ({ policies: names, mappings })), { policies: names }];
    expect(codeOf(required, path)).toBe('ok');
    expect(codeOf(onlyA, path)).toBe(refused);
  });
});
