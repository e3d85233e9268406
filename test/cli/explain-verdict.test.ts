/** `themis explain verdict`: what was stored is told, and judged again to the same bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { summaryOf, verdictId, verdictOf } from '../../src/judge/verdict-of.ts';
import { digestJson } from '../../src/kernel/digest.ts';
import type { Series } from '../../src/model/metrics.ts';
import { emptyRecord } from '../../src/model/rollout-record.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { goodFleet } from '../support/findings-of.ts';
import { nowMs } from '../support/pki.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand, type Ran } from '../support/run-command.ts';
import { gate } from '../support/gate-fixture.ts';

const sinceMs = Date.UTC(2026, 10, 21, 12);
const [, uid] = /uid: (\S+?)[,\s}]/u.exec(goodFleet)!;
let directory: string;
let verdict: Verdict;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-verdict-'));
  writeTree(directory, { 'fleet.yaml': goodFleet });
  verdict = stored();
});
afterEach(() => rmSync(directory, { recursive: true }));

const themis = (...line: string[]): Promise<Ran> =>
  runCommand(directory, line, nowMs, { THEMIS_STATE_DIR: join(directory, 'state') });

/** One new node with ten failures in a hundred requests. */
function stored(): Verdict {
  const points = (step: number): Series['points'] =>
    Array.from({ length: 13 }, (_, index) => [sinceMs + index * 5000, index * step]);
  return verdictOf(
    { execution: 'apply-1', target: digestJson('target'), stage: 1, at: '2026-11-21T12:01:00Z' },
    {
      gate: gate('errorRate', { name: 'errors', max: 0.05 }),
      signals: [
        { id: 'failedRequests', kind: 'counter', query: 'failed_total', custom: false },
        { id: 'requests', kind: 'counter', query: 'requests_total', custom: false },
      ],
      parameters: { alpha: 0.05, blockMs: 5000, historyMs: 3_600_000, staleMs: 120_000 },
      canaries: [{ node: 'node-a', role: 'follower', sinceMs }],
      controls: [],
      sinceMs,
      untilMs: sinceMs + 60_000,
      series: [
        { node: 'node-a', signal: 'failedRequests', points: points(10) },
        { node: 'node-a', signal: 'requests', points: points(100) },
      ],
    },
  );
}

async function keep(...verdicts: Verdict[]): Promise<void> {
  const clock = { nowMs: () => nowMs, steadyMs: () => nowMs, sleep: () => Promise.resolve() };
  const store = openSqliteStore(join(directory, 'state', uid!, 'state.db'), clock, () => true);
  const holder = { id: 'x', who: 'me@host', host: 'host', pid: 1, pidStartedAt: null, purpose: 'test' };
  const lease = (await store.lease.acquire(holder, 1000))!;
  for (const one of verdicts) await store.evidence.writeVerdict(one, lease.token);
  await store.writeRecord({ ...emptyRecord, verdicts: verdicts.map((one) => summaryOf(one)) }, lease.token);
  await lease.release();
  await store.close();
}

test('a verdict is told with its numbers, and comes out the same again', async () => {
  await keep(verdict);
  const { exitCode, out } = await themis('explain', 'verdict', verdict.id);
  expect(exitCode).toBe(0);
  expect(out).toContain(`Verdict ${verdict.id}: fail`);
  expect(out).toContain('recomputed: the same bytes');
  expect(out).toContain(verdict.result.because);
  expect(out).toMatch(/^node-a +new +follower +2026-11-21T12:00:00\.000Z +requests +0 +13 +0 +1200$/mu);
  expect(out).toMatch(/^requests +counter +requests_total$/mu);
  expect(out).toMatch(/^samples +\d+$/mu);
});

test('json is the verdict whole, and its first digits are enough', async () => {
  await keep(verdict);
  const { exitCode, out } = await themis('explain', 'verdict', verdict.id.slice(0, 6), '-o', 'json');
  expect([exitCode, JSON.parse(out)]).toEqual([0, verdict]);
});

test('a verdict that somebody altered does not come out the same', async () => {
  const content = { ...verdict, result: { ...verdict.result, answer: 'pass' as const } };
  const altered = { ...content, id: verdictId(content) };
  await keep(altered);
  const { exitCode, out } = await themis('explain', 'verdict', altered.id);
  expect(exitCode).toBe(1);
  expect(out).toContain('recomputed: not the same: result.answer, id.');
  const json = await themis('explain', 'verdict', altered.id, '-o', 'json');
  expect([json.exitCode, JSON.parse(json.out), json.err]).toEqual([
    1,
    altered,
    expect.stringContaining('result.answer'),
  ]);
});

test('without an id, or with one that is not known, the latest are listed', async () => {
  const none = await themis('explain', 'verdict');
  expect([none.exitCode, none.out]).toEqual([0, 'No gate has been judged yet.\n']);
  await keep(verdict);
  const list = await themis('explain', 'verdict');
  expect([list.exitCode, list.out]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^${verdict.id} .* errors +fail`, 'mu')),
  ]);
  const unknown = await themis('explain', 'verdict', 'ffff');
  expect([unknown.exitCode, unknown.out]).toEqual([1, list.out]);
  expect(unknown.err).toContain('ffff');
  const json = await themis('explain', 'verdict', '-o', 'json');
  expect(JSON.parse(json.out)).toMatchObject([{ id: verdict.id, gate: 'errors', answer: 'fail' }]);
});

test('a word too many after a kind is a usage error', async () => {
  expect((await themis('explain', 'Rollout', 'verdict')).exitCode).toBe(64);
});
