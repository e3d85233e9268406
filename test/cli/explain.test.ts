import { expect, test } from 'vitest';
import { runCommand } from '../support/run-command.ts';

test('a field is explained with type, default and example', async () => {
  const { exitCode, out } = await runCommand('/', ['explain', 'Rollout.spec.stages.bake']);
  expect([exitCode, out]).toEqual([
    0,
    [
      'Rollout.spec.stages.bake  <duration>',
      '',
      'Time to wait after the last node of the stage before promotion.',
      '',
      'default:  0s',
      '',
      'Example',
      '  bake: 1h',
      '',
    ].join('\n'),
  ]);
});

test('a kind shows its fields and what is not acted on yet', async () => {
  const { out } = await runCommand('/', ['explain', 'fleet.spec.coordination']);
  expect(out).toMatch(/^ {2}sqlite {2}<map>$/mu);
  expect(out).toMatch(/^ {2}etcd {2}<map> {2}not acted on yet$/mu);
});

test('without a kind the kinds are listed', async () => {
  const { out } = await runCommand('/', ['explain']);
  expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
    'Approval',
    'Database',
    'Fleet',
    'Lock',
    'Migration',
    'Notification',
    'Rollout',
    'Tenant',
    'UpdatePolicy',
    'Verification',
    '',
  ]);
});

test('json is the page whole', async () => {
  const { out } = await runCommand('/', ['explain', 'Fleet.metadata.uid', '-o', 'json']);
  expect(JSON.parse(out)).toMatchObject({ kind: 'Fleet', address: 'Fleet.metadata.uid', type: 'uid', required: true });
});

test('what does not exist is a usage error with the word that was meant', async () => {
  const kind = await runCommand('/', ['explain', 'Rolout']);
  expect([kind.exitCode, kind.error?.hint]).toEqual([64, 'Did you mean Rollout?']);
  const field = await runCommand('/', ['explain', 'Rollout.spec.stage']);
  expect([field.exitCode, field.error?.hint]).toEqual([64, 'Did you mean stages?']);
});
