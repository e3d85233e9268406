/** Every action kind, whatever it does: deterministic instructions, params held by its schema, an inverse that fits. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { ActionKind } from '../../src/actions/index.ts';
import { actionOf, actions, isActionKind } from '../../src/actions/index.ts';
import { isSchemaStep } from '../../src/actions/schema-step.ts';
import type { SchemaPhase } from '../../src/model/schema/database.ts';
import type { PlanStep, SchemaStepKind } from '../../src/model/plan.ts';
import { installed, release } from '../support/fleet-fixture.ts';

const older = installed(release('themisdb', '1.4.2'));
const newer = installed(release('themisdb', '1.5.0'));
const switching = { packages: ['themisdb'], restorePoint: 'before-1', healthTimeoutMs: 30_000 };

const node = {
  target: 'node/node-a',
  reason: 'because',
  needs: [],
  stage: 1,
  undo: { kind: 'restore', restorePoint: 'before-1' },
} as const;

/** One step of each kind: a new kind does not compile until it has one. */
const samples: Readonly<Record<ActionKind, PlanStep>> = {
  'node-install': {
    ...node,
    id: 'i',
    kind: 'node-install',
    before: { packages: {} },
    after: { packages: { themisdb: newer } },
    params: switching,
  },
  'node-update': {
    ...node,
    id: 'u',
    kind: 'node-update',
    before: { packages: { themisdb: older } },
    after: { packages: { themisdb: newer } },
    params: switching,
  },
  'node-repair': {
    ...node,
    id: 'r',
    kind: 'node-repair',
    before: { packages: { themisdb: newer } },
    after: { packages: { themisdb: newer } },
    params: switching,
  },
  'node-rollback': {
    ...node,
    id: 'b',
    kind: 'node-rollback',
    before: { packages: { themisdb: newer } },
    after: { packages: { themisdb: older } },
    params: { restorePoint: 'before-0', keep: 'before-1', healthTimeoutMs: 30_000 },
  },
  'stage-promote': {
    id: 'p',
    kind: 'stage-promote',
    target: 'stage/1',
    before: { promoted: false },
    after: { promoted: true },
    reason: 'because',
    needs: [],
    stage: 1,
    params: { bakeMs: 1000, approval: true },
  },
  'schema-expand': schemaStep('schema-expand', 'expand', null),
  'schema-migrate': schemaStep('schema-migrate', 'migrate', 'expand'),
  'schema-contract': {
    ...schemaStep('schema-contract', 'contract', 'migrate'),
    irreversible: { why: 'drops column a of t: its values are gone' },
  },
  'schema-undo': schemaStep('schema-undo', 'expand', 'expand'),
};

function schemaStep(kind: SchemaStepKind, phase: SchemaPhase, done: SchemaPhase | null): PlanStep {
  return {
    id: kind,
    kind,
    target: 'database/orders',
    before: { schema: { version: 5, done } },
    after: { schema: { version: 5, done: phase } },
    reason: 'because',
    needs: [],
    stage: 1,
    params: {
      migration: 'add-phone',
      schemaVersion: 5,
      digest: `sha256:${'0'.repeat(64)}`,
      phase,
      operations: [{ does: 'adds column phone to users' }],
      graceMs: 0,
      release: { themisdb: '>=1.5.0' },
    },
  };
}

const ajv = new Ajv2020({ strict: true });

describe.each(actions)('$kind', (action) => {
  const step = samples[action.kind];

  test('is found by its kind', () => {
    expect(actionOf(step)).toBe(action);
    expect(isActionKind(action.kind)).toBe(true);
    expect(isActionKind('node-explode')).toBe(false);
  });

  test('its schema takes its params and refuses none at all', () => {
    const check = ajv.compile(action.paramsSchema);
    expect(check(step.params)).toBe(true);
    expect(check({})).toBe(false);
  });

  test('says what it does in one line', () => {
    const line = action.describe(step);
    expect(line.length).toBeGreaterThan(5);
    expect(line).not.toContain('\n');
  });

  test('gives the same instructions every time, and leaves the step as it is', () => {
    const before = JSON.stringify(step);
    expect(action.instructions(step)).toEqual(action.instructions(step));
    expect(JSON.stringify(step)).toBe(before);
    expect(action.instructions(step).length).toBeGreaterThan(0);
  });

  test('every instruction names the node, stage or database of the step', () => {
    const all = [...action.instructions(step), ...(action.inverse(step) ?? [])];
    for (const instruction of all) {
      if ('node' in instruction) expect(`node/${instruction.node}`).toBe(step.target);
      else if ('database' in instruction) expect(`database/${instruction.database}`).toBe(step.target);
      else expect(`stage/${instruction.stage}`).toBe(step.target);
    }
  });

  test('its inverse returns to the restore point that it makes, without keeping another', () => {
    const back = action.inverse(step);
    if (isSchemaStep(step)) return;
    if (step.undo === undefined) {
      expect(back).toEqual([]);
      return;
    }
    expect(back?.[0]).toMatchObject({ kind: 'rollback', restorePoint: step.undo.restorePoint, keep: null });
    const made = action
      .instructions(step)
      .find((instruction) => instruction.kind === 'update' || instruction.kind === 'rollback');
    expect(made).toMatchObject(
      made?.kind === 'update' ? { restorePoint: step.undo.restorePoint } : { keep: step.undo.restorePoint },
    );
  });

  test('a change ends by confirming what the step promises', () => {
    if (!step.kind.startsWith('node-')) return;
    const expected = Object.fromEntries(
      Object.entries(step.after.packages!).map(([name, entry]) => [name, entry.manifestHash]),
    );
    expect(action.instructions(step).at(-1)).toMatchObject({ kind: 'confirm', expected });
  });
});

test('what was expanded or filled stays when nodes go back, and behind a contract none does', () => {
  const back = (step: PlanStep) => actionOf(step).inverse(step);
  expect(back(samples['schema-expand'])).toEqual([]);
  expect(back(samples['schema-migrate'])).toEqual([]);
  expect(back(samples['schema-contract'])).toBeUndefined();
  const undo = { kind: 'schema-undo', database: 'orders', migration: 'add-phone' };
  expect(actionOf(samples['schema-undo']).instructions(samples['schema-undo'])).toEqual([undo]);
});

test('a phase is one instruction, and those before it that are empty are not left out', () => {
  const step = samples['schema-contract'];
  const phases = (done: SchemaPhase) =>
    actionOf(step)
      .instructions({ ...step, before: { schema: { version: 5, done } } })
      .map((instruction) => [instruction.kind, 'phase' in instruction && instruction.phase]);
  expect(phases('migrate')).toEqual([['schema', 'contract']]);
  expect(phases('expand')).toEqual([
    ['schema', 'migrate'],
    ['schema', 'contract'],
  ]);
});

test('taking back a first installation waits for no health: nothing runs afterwards', () => {
  const step = samples['node-install'];
  expect(
    actionOf(step)
      .inverse(step)
      ?.map(({ kind }) => kind),
  ).toEqual(['rollback']);
});

test('a barrier between label groups keeps nothing and waits for nothing', () => {
  const step: PlanStep = { ...samples['stage-promote'], params: { bakeMs: 0, approval: false, group: 1 } };
  expect(actionOf(step).instructions(step)).toEqual([]);
});
