import { expect, test } from 'vitest';
import { desiredOf, document, findingsOf, goodFleet } from '../../support/findings-of.ts';

test('a Fleet without a Rollout gets one stage of everyone, one node at a time', () => {
  const { rollout, fleet, lock } = desiredOf(goodFleet);
  expect(rollout).toEqual({
    name: 'default',
    maxUnavailable: 1,
    maxMinorSkew: 1,
    order: [],
    health: { timeoutMs: 30_000, maxReplicationLagMs: 10_000 },
    onFailure: 'rollback',
    stages: [
      {
        share: { kind: 'percentage', percentage: 100 },
        atLeast: undefined,
        bakeMs: 0,
        bakeLimitMs: undefined,
        promotion: 'gate',
        onInsufficient: 'pause',
      },
    ],
    gates: [],
  });
  expect([fleet.releases, fleet.coordination, lock]).toEqual([
    { kind: 'directory', directory: './releases' },
    { kind: 'sqlite' },
    undefined,
  ]);
});

test('releases over HTTP and on GitHub are read with what this machine needs for them', () => {
  const releases = (text: string) => desiredOf(goodFleet.replace('{ directory: ./releases }', text)).fleet.releases;
  expect(releases('{ http: { url: "https://h/db" } }')).toEqual({
    kind: 'http',
    url: 'https://h/db',
    ca: undefined,
    tokenFrom: undefined,
  });
  expect(
    releases('{ github: { owner: o, repo: r, apiUrl: "https://h/api/v3", ca: ./ca.pem, tokenFrom: { env: T } } }'),
  ).toEqual({
    kind: 'github',
    owner: 'o',
    repo: 'r',
    apiUrl: 'https://h/api/v3',
    ca: './ca.pem',
    tokenFrom: { env: 'T' },
  });
});

test.each([
  ['http: { url: "ftp://h/db" }', 'THM1107'],
  ['http: { url: "https://h/db?page=2" }', 'THM1107'],
  ['http: { url: "https://h/db#x" }', 'THM1107'],
  ['http: { url: "https://user@h/db" }', 'THM1107'],
  ['http: { url: "https://h/db", token: hunter22 }', 'THM1250'],
  ['github: { owner: o/x, repo: r }', 'THM1107'],
  ['github: { owner: o, repo: .. }', 'THM1107'],
])('a source that is none is refused: %s', (text, code) => {
  const found = findingsOf(goodFleet.replace('directory: ./releases', text));
  expect(found.map((finding) => finding.split(' ')[0])).toContain(code);
});

test('nodes are sorted by name, and their cluster is the fleet unless they say otherwise', () => {
  const text = goodFleet.replace('node-a, ', 'node-z, cluster: eu, tenants: [b, a], ');
  const tenants = ['a', 'b'].map((name) => document('Tenant', name, 'priority: low\n'));
  const { fleet } = desiredOf(text, tenants.join('---\n'));
  expect(fleet.nodes.map(({ name, cluster, tenants }) => [name, cluster, tenants])).toEqual([
    ['node-b', 'orders', []],
    ['node-c', 'orders', []],
    ['node-z', 'eu', ['a', 'b']],
  ]);
});

test('the Rollout that the Fleet names is the rollout, the others are carried', () => {
  const rollouts = ['a', 'b'].map((name) => document('Rollout', name, 'maxUnavailable: 2\n')).join('---\n');
  const { rollout, otherRollouts } = desiredOf(goodFleet.replace('  nodes:', '  rollout: b\n  nodes:'), rollouts);
  expect([rollout.name, otherRollouts.map(({ name }) => name)]).toEqual(['b', ['a']]);
});

test('a Tenant is plain numbers, days in order, and the defaults of its policy', () => {
  const spec =
    'policy: { noticeLeadTime: 1d }\nwindows:\n  - { days: [Sunday, Monday], from: "02:00", to: "03:00", timezone: UTC }';
  const blackouts = 'blackouts: [{ from: "2026-12-20T10:00:00+02:00", to: 2026-12-21 }]';
  const [tenant] = desiredOf(goodFleet, document('Tenant', 't', `${spec}\n${blackouts}`)).tenants;
  expect(tenant).toEqual({
    name: 't',
    priority: 'normal',
    policy: { autoUpdate: true, criticalAutoUpdate: true, noticeLeadTimeMs: 86_400_000, consent: 'none' },
    windows: [{ days: ['Monday', 'Sunday'], from: '02:00', to: '03:00', timezone: 'UTC' }],
    blackouts: [{ from: '2026-12-20T08:00:00Z', to: '2026-12-21', timezone: 'UTC', reason: undefined }],
  });
});

test('carried specs have one spelling', () => {
  const [policy] = desiredOf(
    goodFleet,
    document('UpdatePolicy', 'u', 'package: themisdb\ninterval: 1h'),
  ).updatePolicies;
  expect(policy).toEqual({ name: 'u', spec: { package: 'themisdb', interval: '3600000ms' } });
});

test('limits of gates are numbers in the unit of their metric, and gates of one metric are told apart', () => {
  const gates =
    'gates: [{ metric: latencyP99, max: 0.5s }, { metric: memory, max: 1KiB }, { metric: cpu, max: 0.5 }, { metric: cpu, compare: control, worseBy: 0.1 }]';
  const { rollout } = desiredOf(
    goodFleet.replace('  nodes:', '  rollout: r\n  nodes:'),
    document('Rollout', 'r', gates),
  );
  expect(rollout.gates.map(({ name, unit, max, worseBy }) => [name, unit, max, worseBy])).toEqual([
    ['latencyP99', 'ms', 500, null],
    ['memory', 'bytes', 1024, null],
    ['cpu', 'share', 0.5, null],
    ['cpu-2', 'share', null, 0.1],
  ]);
});

test('approvals name one subject', () => {
  const target = `sha256:${'0'.repeat(64)}`;
  const approve = (name: string, subject: string): string =>
    document(
      'Approval',
      name,
      `for: { target: "${target}", ${subject} }\nby: me\nreason: x\nexpiresAt: 2026-12-01T01:00:00+01:00\n`,
    );
  const text = [approve('a', 'stage: 2'), approve('b', 'step: x'), approve('c', 'emergency: true')].join('---\n');
  expect(desiredOf(goodFleet, text).approvals.map(({ subject, expiresAt }) => [subject, expiresAt])).toEqual([
    [{ kind: 'stage', stage: 2 }, '2026-12-01T00:00:00Z'],
    [{ kind: 'step', step: 'x' }, '2026-12-01T00:00:00Z'],
    [{ kind: 'emergency' }, '2026-12-01T00:00:00Z'],
  ]);
});

test('everything has an address with its place', () => {
  const rollout = document('Rollout', 'r', 'stages:\n  - { percentage: 34 }\n  - { percentage: 100 }\n');
  const { sources } = desiredOf(goodFleet.replace('  nodes:', '  rollout: r\n  nodes:'), rollout);
  const place = (address: string): unknown => {
    const span = sources.get(address);
    return span === undefined ? undefined : `${span.file}:${span.line}:${span.col}`;
  };
  expect(['fleet', 'package/themisdb', 'node/node-b', 'rollout/r', 'stage/2', 'node/nobody'].map(place)).toEqual([
    '0.yaml:3:19',
    '0.yaml:5:25',
    '0.yaml:10:15',
    '1.yaml:3:19',
    '1.yaml:7:7',
    undefined,
  ]);
});
