/** `-l`: what it narrows, and where it is refused because it would narrow nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { goodFleet } from '../support/findings-of.ts';
import { nowMs } from '../support/pki.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand } from '../support/run-command.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-selector-'));
  writeTree(directory, { 'fleet.yaml': goodFleet.replace('name: node-b,', 'name: node-b, labels: { zone: eu-1 },') });
});
afterEach(() => rmSync(directory, { recursive: true }));

const themis = (line: string, more = {}) =>
  runCommand(directory, line.split(' '), nowMs, { THEMIS_STATE_DIR: join(directory, 'state'), ...more });

test('status shows the nodes that match, and conditions of the whole fleet', async () => {
  const { out } = await themis('status -o json -l zone=eu-1');
  const view = JSON.parse(out) as { nodes: { name: string }[]; conditions: { type: string; reason: string }[] };
  expect(view.nodes.map(({ name }) => name)).toEqual(['node-b']);
  expect(view.conditions.find(({ type }) => type === 'Ready')?.reason).toContain('3 of 3');
  expect((await themis('status -l =')).error?.code).toBe('USAGE');
});

test('a rollback refuses a selector however it is given', async () => {
  expect((await themis('rollback --all', { THEMIS_SELECTOR: 'zone=eu-1' })).error?.code).toBe('USAGE');
  expect((await themis('rollback --all -l zone=eu-1')).error?.code).toBe('USAGE');
});
