/** A first stage of 1 %, on five real nodes: it touches nobody, or one node where it asks for one, until a person promotes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveFleet } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make();
  await fleet.askFor('1.5.0');
}, 120_000);
afterAll(() => fleet.remove());

function setFirstStage(stage: string): void {
  fleet.write(
    'rollout.yaml',
    `apiVersion: themis.dev/v1
kind: Rollout
metadata: { name: careful }
spec:
  stages:
    - { ${stage} }
    - { percentage: 100 }
`,
  );
}

test('1 % of five nodes is nobody, and the plan says so', async () => {
  setFirstStage('percentage: 1, promotion: approval');
  const plan = await fleet.plan();
  expect(plan.findings.map(({ severity, code }) => [severity, code])).toEqual([['warning', 'THM3040']]);
  expect(plan.findings[0]!.summary).toContain('1 % of 5 nodes');
  expect(new Set(plan.steps.map(({ stage, kind }) => `${kind} ${stage}`))).toEqual(new Set(['node-update 2']));
});

test('with atLeast it is one node; the trees of the others stay as they are until a person promotes', async () => {
  setFirstStage('percentage: 1, atLeast: 1, promotion: approval');
  const plan = await fleet.plan();
  const first = plan.steps.find(({ stage, kind }) => stage === 1 && kind === 'node-update');
  const canary = first!.target.slice('node/'.length);
  const before = await fleet.installs();
  for (const expected of [9, 9]) {
    expect(await fleet.themis('apply', '--auto-approve', '--no-wait')).toMatchObject({ code: expected });
    const after = await fleet.installs();
    expect(after[canary]).not.toBe(before[canary]);
    expect({ ...after, [canary]: before[canary] }).toEqual(before);
  }
  expect(await fleet.serving()).toEqual({ ...fleet.all('1.4.0'), [canary]: '1.5.0' });

  fleet.write(
    'approval.yaml',
    `apiVersion: themis.dev/v1
kind: Approval
metadata: { name: promote-1 }
spec: { for: { target: "${plan.targetDigest}", stage: 1 }, by: me@example.org, reason: it runs well }
`,
  );
  const ran = await fleet.themis('apply', '--auto-approve', '--no-wait');
  expect(ran.code, ran.err).toBe(0);
  expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
  const { [canary]: tree, ...others } = await fleet.installs();
  expect(new Set(Object.values(others))).toEqual(new Set([tree]));
}, 120_000);
