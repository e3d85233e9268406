import { expect, test } from 'vitest';
import { createWindowColumn } from '../../../src/apps/cli/fleet/window-column.ts';
import { targetDigest } from '../../../src/desired/digests.ts';
import { emptyRecord, type RolloutRecord } from '../../../src/model/rollout-record.ts';
import { desiredOf, document, goodFleet } from '../../support/findings-of.ts';

const night = '{ from: "02:00", to: "06:00", timezone: UTC }';
const fleet = goodFleet.replace(
  / {2}nodes:[^]*/u,
  `  nodes:\n${['', 'night', 'asked', 'warned', 'night, day']
    .map(
      (tenants, index) =>
        `    - { name: node-${index}, transport: { local: { root: ./${index} } }, tenants: [${tenants}] }\n`,
    )
    .join('')}`,
);
const desired = desiredOf(
  fleet,
  document('Tenant', 'night', `windows: [${night}]`),
  document('Tenant', 'day', 'windows: [{ from: "10:00", to: "12:00", timezone: UTC }]'),
  document('Tenant', 'asked', 'policy: { autoUpdate: false }'),
  document('Tenant', 'warned', 'policy: { noticeLeadTime: 24h }'),
);
const target = targetDigest(desired);

function columns(now: string, record: RolloutRecord = emptyRecord): readonly string[] {
  const nowMs = Date.parse(now);
  const observed = { takenAt: now, nodes: [], databases: [] };
  const column = createWindowColumn({
    desired,
    revision: null,
    target,
    observed,
    record,
    open: null,
    lease: null,
    nowMs,
  });
  return desired.fleet.nodes.map(column);
}

test('a node says whether it is open, until when, or what it waits for', () => {
  expect(columns('2026-11-21T03:00:00Z')).toEqual([
    'open',
    'open until 2026-11-21T06:00Z',
    'needs consent of asked',
    'opens 2026-11-22T03:00Z',
    'never',
  ]);
  expect(columns('2026-11-21T12:00:00Z')[1]).toBe('opens 2026-11-22T02:00Z');
});

test('notice counts from the start of the rollout of this target', () => {
  const current = { target, startedAt: '2026-11-20T12:00:00Z', stages: [] };
  expect(columns('2026-11-21T03:00:00Z', { ...emptyRecord, current })[3]).toBe('opens 2026-11-21T12:00Z');
  const other = { ...current, target: `sha256:${'0'.repeat(64)}` as const };
  expect(columns('2026-11-21T03:00:00Z', { ...emptyRecord, current: other })[3]).toBe('opens 2026-11-22T03:00Z');
});

test('a window that is too short for what updates and rollbacks took is not open', () => {
  const estimates = { updateMs: 4 * 3_600_000, rollbackMs: 60_000 };
  expect(columns('2026-11-21T03:00:00Z', { ...emptyRecord, estimates })[1]).toBe('never');
});
