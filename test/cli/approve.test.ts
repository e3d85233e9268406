import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { targetDigest } from '../../src/desired/digests.ts';
import type { Desired } from '../../src/model/desired.ts';
import { variableOf } from '../../src/apps/cli/parse.ts';
import { approveCommand } from '../../src/apps/cli/commands/approve.ts';
import { desiredOf, document, goodFleet } from '../support/findings-of.ts';
import { newRepository, writeTree } from '../support/real-repository.ts';
import { runCommand, type Ran } from '../support/run-command.ts';

const files = {
  'fleet.yaml': goodFleet.replace('releases:', 'rollout: careful\n  releases:'),
  'rollout.yaml': document(
    'Rollout',
    'careful',
    'stages: [{ percentage: 50, promotion: approval }, { percentage: 100 }]',
  ),
  'tenant.yaml': document('Tenant', 'tenant-123', 'policy: { consent: required }'),
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-approve-'));
  writeTree(directory, files);
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = Date.UTC(2026, 10, 21, 18, 0, 0, 500);
const approve = (...words: readonly string[]): Promise<Ran> => runCommand(directory, ['approve', ...words], at);
const asOps = (...words: readonly string[]): Promise<Ran> => approve(...words, '--by', 'ops@example.org');

function read(): Desired {
  const names = existsSync(join(directory, 'approvals')) ? readdirSync(join(directory, 'approvals')).sort() : [];
  const approvals = names.map((name) => readFileSync(join(directory, 'approvals', name), 'utf8'));
  return desiredOf(...Object.values(files), ...approvals);
}

test('a stage is approved for the target that would run now', async () => {
  const { exitCode, out } = await asOps('stage/1', '--reason', 'flat "curve": # all good', '--expires', '24h');
  const desired = read();
  expect(exitCode).toBe(0);
  expect(desired.approvals).toEqual([
    {
      name: 'promote-stage-1',
      target: targetDigest(desired),
      subject: { kind: 'stage', stage: 1 },
      by: 'ops@example.org',
      reason: 'flat "curve": # all good',
      expiresAt: '2026-11-22T18:00:00Z',
    },
  ]);
  expect(out).toContain('git add approvals/promote-stage-1.yaml && git commit');
});

test('a tenant consents, for ever where nothing else is said', async () => {
  await asOps('tenant/tenant-123');
  expect(read().approvals).toMatchObject([
    { name: 'consent-tenant-123', subject: { kind: 'tenant', tenant: 'tenant-123' }, expiresAt: undefined },
  ]);
});

test('an emergency needs a reason and an end', async () => {
  expect((await asOps('emergency', '--expires', '4h')).exitCode).toBe(64);
  expect((await asOps('emergency', '--reason', 'CVE')).exitCode).toBe(64);
  expect(read().approvals).toEqual([]);
  expect((await asOps('emergency', '--reason', 'CVE', '--expires', '2026-11-22T00:00:00+02:00')).exitCode).toBe(0);
  expect(read().approvals).toMatchObject([{ subject: { kind: 'emergency' }, expiresAt: '2026-11-21T22:00:00Z' }]);
});

test('nothing is overwritten', async () => {
  writeTree(directory, { 'approvals/promote-stage-1.yaml': '# mine\n' });
  await asOps('stage/1');
  await asOps('stage/1');
  expect(readdirSync(join(directory, 'approvals')).sort()).toEqual([
    'promote-stage-1-2.yaml',
    'promote-stage-1-3.yaml',
    'promote-stage-1.yaml',
  ]);
  expect(readFileSync(join(directory, 'approvals/promote-stage-1.yaml'), 'utf8')).toBe('# mine\n');
});

test.each([
  ['stage/3', 'The rollout has stage/1 to stage/2.'],
  ['stage/0', 'The rollout has stage/1 to stage/2.'],
  ['tenant/tenant-12', 'Did you mean tenant-123?'],
  ['stge/1', 'Did you mean stage/1?'],
  ['emergncy', 'Did you mean emergency?'],
  ['step/node-a', 'Approve the stage that the step belongs to: stage/N.'],
])('%s is refused: %s', async (what, hint) => {
  const { exitCode, error } = await asOps(what);
  expect([exitCode, error?.hint]).toEqual([64, hint]);
  expect(read().approvals).toEqual([]);
});

test.each(['2020-01-01T00:00:00Z', 'soon', '0s'])('an expiry of %s is refused', async (when) => {
  expect((await asOps('stage/1', '--expires', when)).exitCode).toBe(64);
});

test('an approval that nothing waits for is written with a note', async () => {
  const { exitCode, err } = await asOps('stage/2');
  expect([exitCode, err.includes('waits for no approval')]).toEqual([0, true]);
});

test('a desired state that is not valid is not approved', async () => {
  writeTree(directory, { 'tenant.yaml': document('Tenant', 'tenant-123', 'policy: { consent: maybe }') });
  expect((await asOps('stage/1')).exitCode).toBe(3);
  expect(readdirSync(directory)).not.toContain('approvals');
});

test('no option of approve can come from the environment', () => {
  expect(approveCommand.options.map(variableOf)).toEqual(approveCommand.options.map(() => undefined));
});

test('an approval that Git ignores is taken back', async () => {
  const repository = newRepository();
  try {
    repository.write({ ...files, '.gitignore': 'approvals/\n' });
    const { exitCode, error } = await runCommand(repository.root, ['approve', 'stage/1', '--by', 'ops'], at);
    expect([exitCode, error?.code]).toEqual([1, 'IO']);
    expect(readdirSync(join(repository.root, 'approvals'))).toEqual([]);
  } finally {
    repository.remove();
  }
});
