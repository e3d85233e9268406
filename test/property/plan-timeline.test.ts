import fc from 'fast-check';
import { expect, test } from 'vitest';
import { promoteParams } from '../../src/actions/stage-promote.ts';
import { parseInstant } from '../../src/kernel/units/instant.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { plan } from '../../src/plan/plan.ts';
import { createNodeWindows } from '../../src/windows/node-windows.ts';
import { approval } from '../support/fleet-fixture.ts';
import { randomFleet } from '../support/random-fleet.ts';
import { runs } from '../support/runs.ts';

const instants = ['2026-11-21T18:00:00Z', '2026-11-22T02:01:00Z', '2026-11-24T23:59:59Z', '2026-03-29T00:59:00Z'];
const cases = fc
  .tuple(randomFleet, fc.constantFrom(...instants))
  .map(([inputs, at]): PlanInputs => ({ ...inputs, at }));

function isNode({ kind }: PlanStep): boolean {
  return kind !== 'stage-promote';
}

test('whoever is touched is touched in an open window, with time for the switch and its rollback', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      const steps = new Map(made.steps.map((step) => [step.id, step]));
      const tenantsOf = new Map(inputs.desired.fleet.nodes.map(({ name, tenants }) => [`node/${name}`, tenants]));
      const { tenants, approvals } = inputs.desired;
      const noticeAtMs = parseInstant(inputs.at)!;
      const windows = createNodeWindows({ tenants, approvals, target: inputs.digests.targetDigest, noticeAtMs });
      for (const { step, startsAfterMs, estimateMs, closesAt } of made.schedule) {
        const { target } = steps.get(step)!;
        if (!isNode(steps.get(step)!)) continue;
        const startMs = noticeAtMs + startsAfterMs;
        const names = tenantsOf.get(target)!;
        const answer = windows.answer({ tenants: names, fromMs: startMs, needMs: 2 * estimateMs, critical: false });
        expect(answer).toMatchObject({ kind: 'open', startMs });
        if (closesAt !== null) expect(startMs + 2 * estimateMs).toBeLessThanOrEqual(parseInstant(closesAt)!);
      }
    }),
    runs(5_000),
  );
});

test('every step is either scheduled after all it needs, or deferred with all that needs it', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      const times = new Map(made.schedule.map((entry) => [entry.step, entry]));
      const deferred = new Set(made.deferred.map(({ step }) => step));
      expect(times.size + deferred.size).toBe(made.steps.length);
      for (const step of made.steps) {
        const time = times.get(step.id);
        expect(time === undefined).toBe(deferred.has(step.id));
        for (const need of step.needs) {
          if (deferred.has(need)) expect(deferred).toContain(step.id);
          else if (time !== undefined) expect(time.startsAfterMs).toBeGreaterThanOrEqual(times.get(need)!.endsAfterMs);
        }
      }
    }),
    runs(5_000),
  );
});

test('the digest of a plan depends neither on time nor on consent nor on an emergency', () => {
  fc.assert(
    fc.property(randomFleet, fc.constantFrom(...instants), fc.constantFrom(...instants), (inputs, one, other) => {
      const target = inputs.digests.targetDigest;
      const approvals = [approval({ kind: 'tenant', tenant: 'asking' }, target)];
      const urgent = [approval({ kind: 'emergency' }, target, '2027-01-01T00:00:00Z')];
      const made = plan({ ...inputs, at: one });
      for (const list of [approvals, urgent]) {
        const desired = { ...inputs.desired, approvals: list };
        expect(plan({ ...inputs, desired, at: other }).planDigest).toBe(made.planDigest);
      }
    }),
    runs(2_000),
  );
});

test('no step of a stage without the gates of the stages before it, and no hop without the last gate of the one before', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      const behind = ancestors(made);
      const gates = made.steps.filter((step) => !isNode(step) && promoteParams(step).group === undefined);
      for (const step of made.steps.filter(isNode)) {
        for (const gate of gates) {
          const sameHop = gate.hop === step.hop;
          const earlier = sameHop ? gate.stage < step.stage : (gate.hop ?? Infinity) < (step.hop ?? Infinity);
          if (earlier) expect(behind.get(step.id)).toContain(gate.id);
        }
      }
      const moving = made.steps.filter((step) => isNode(step) && step.kind !== 'node-repair');
      for (const step of moving) {
        for (const other of moving) {
          const gated = gates.some(({ hop, stage }) => hop === other.hop && stage === other.stage);
          if (other.hop === step.hop && other.stage < step.stage) expect(gated).toBe(true);
        }
      }
    }),
    runs(2_000),
  );
});

test('a node takes its hops in order, each from where the one before led', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      for (const steps of Map.groupBy(made.steps.filter(isNode), ({ target }) => target).values()) {
        for (const [index, step] of steps.entries()) {
          const previous = steps[index - 1];
          if (previous === undefined) continue;
          expect(step.needs).toContain(previous.id);
          expect(step.before).toEqual(previous.after);
          expect(previous.hop!).toBeLessThan(step.hop ?? Infinity);
        }
        expect(steps.at(-1)!.hop).toBe(undefined);
      }
    }),
    runs(5_000),
  );
});

test('a gate that compares is planned only where something to compare with is left', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      for (const gate of made.steps.filter((step) => !isNode(step))) {
        const judged = promoteParams(gate).gates;
        if (judged === undefined) continue;
        const compared = judged.gates.filter(
          ({ name, worseBy }) => worseBy !== null && !judged.notCompared.includes(name),
        );
        const later = made.steps.some((step) => isNode(step) && step.hop === gate.hop && step.stage > gate.stage);
        if (compared.length > 0) expect(later).toBe(true);
        expect(judged.bakeLimitMs).toBeGreaterThanOrEqual(promoteParams(gate).bakeMs);
      }
    }),
    runs(5_000),
  );
});

/** Every step that has to be done before a step, directly or not. */
function ancestors(made: Plan): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { id, needs } of made.steps) {
    const all = new Set(needs);
    for (const need of needs) for (const one of known.get(need)!) all.add(one);
    known.set(id, all);
  }
  return known;
}
