import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { desiredDigest, targetDigest } from '../../../src/desired/digests.ts';
import { parseDesired } from '../../../src/desired/parse.ts';
import { runs } from '../../support/runs.ts';

type Value = { readonly [key: string]: unknown };

const apiVersion = 'themis.dev/v1';
/** Spellings of one duration. */
const hour = fc.constantFrom('1h', '60m', '3600s', '3600000ms', '30m30m', '1.0h');

function documents(spell: (which: number) => string, days: readonly string[]): readonly Value[] {
  return [
    {
      apiVersion,
      kind: 'Fleet',
      metadata: { name: 'orders', uid: '0b5c7f1e' },
      spec: {
        packages: { themisdb: '1.5.0', query: '>=1' },
        releases: { directory: './releases' },
        rollout: 'r',
        nodes: ['a', 'b', 'c', 'd'].map((name) => ({
          name,
          transport: { local: { root: `./${name}` } },
          labels: { zone: 'eu', '10': 'x', '9': 'y' },
          tenants: ['t', 'u'],
        })),
      },
    },
    {
      apiVersion,
      kind: 'Rollout',
      metadata: { name: 'r' },
      spec: {
        health: { timeout: spell(0) },
        stages: [{ percentage: 50, bake: spell(1) }, { percentage: 100 }],
        gates: [{ metric: 'latencyP99', max: spell(2) }],
      },
    },
    {
      apiVersion,
      kind: 'Tenant',
      metadata: { name: 't' },
      spec: { policy: { noticeLeadTime: spell(3) }, windows: [{ days, from: '02:00', to: '04:00', timezone: 'UTC' }] },
    },
    { apiVersion, kind: 'Tenant', metadata: { name: 'u' }, spec: {} },
    { apiVersion, kind: 'Database', metadata: { name: 'd' }, spec: { urlFrom: { env: 'URL' }, lockTimeout: spell(4) } },
    {
      apiVersion,
      kind: 'Migration',
      metadata: { name: 'm' },
      spec: {
        database: 'd',
        schemaVersion: 1,
        operations: [{ dropColumn: { table: 'a', column: 'b', gracePeriod: spell(5) } }, { dropTable: { table: 'c' } }],
      },
    },
  ];
}

function digests(texts: readonly string[]): readonly string[] {
  const { desired, findings } = parseDesired(texts.map((text, index) => ({ path: `${index}.yaml`, text })));
  if (desired === undefined) throw new Error(JSON.stringify(findings[0]));
  return [desiredDigest(desired), targetDigest(desired)];
}

const plain = digests(documents(() => '1h', ['Saturday', 'Sunday']).map((value) => stringify(value)));

/** The same value with its keys, and the lists whose order means nothing, in another order. */
function shuffled(value: unknown, order: (length: number) => readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    order(entries.length).map((index) => {
      const [key, member] = entries[index]!;
      const free = key === 'nodes' || key === 'tenants' || key === 'days';
      const list = free ? order((member as unknown[]).length).map((at) => (member as unknown[])[at]) : member;
      return [key, shuffled(list, order)];
    }),
  );
}

test('digests do not depend on files, documents, order of nodes and keys, or spelling of durations', () => {
  fc.assert(
    fc.property(
      fc.array(hour, { minLength: 6, maxLength: 6 }),
      fc.infiniteStream(fc.nat(1_000_000)),
      fc.nat(5),
      (spellings, random, cut) => {
        const order = (length: number): readonly number[] =>
          Array.from({ length }, (_, index) => ({ index, key: random.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ index }) => index);
        const values = documents((which) => spellings[which]!, ['Sunday', 'Saturday']);
        const all = order(values.length).map((index) => stringify(shuffled(values[index], order)));
        const files = [all.slice(0, cut).join('---\n'), all.slice(cut).join('---\n')];
        expect(digests(files)).toEqual(plain);
      },
    ),
    runs(10_000),
  );
});
