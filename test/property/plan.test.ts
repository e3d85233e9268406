import fc from 'fast-check';
import { expect, test } from 'vitest';
import { topologicalOrder } from '../../src/kernel/graph.ts';
import type { ObservedNode, ReachableNode } from '../../src/model/observed.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { plan } from '../../src/plan/plan.ts';
import { plannedLeaders } from '../../src/plan/planned-leaders.ts';
import { share } from '../../src/plan/rollout/stage-membership.ts';
import { withinSkew } from '../../src/resolve/minor-step.ts';
import { planJson } from '../../src/report/plan/plan-json.ts';
import { randomFleet } from '../support/random-fleet.ts';
import { runs } from '../support/runs.ts';

function nodeSteps(made: Plan): readonly PlanStep[] {
  return made.steps.filter(({ kind }) => kind !== 'stage-promote');
}

function nameOf(step: PlanStep): string {
  return step.target.slice('node/'.length);
}

/** What the nodes report after every step was carried out perfectly. */
function applied(inputs: PlanInputs, made: Plan): PlanInputs {
  const after = new Map(nodeSteps(made).map((step) => [nameOf(step), step.after.packages!]));
  const nodes = inputs.observed.nodes.map((node): ObservedNode => {
    const packages = after.get(node.name);
    return node.reachable && packages !== undefined ? { ...node, packages, drift: [] } : node;
  });
  return { ...inputs, observed: { nodes, databases: [] } };
}

test('equal inputs give equal bytes, in whatever order nodes, files and releases are listed', () => {
  const shuffled = randomFleet.chain((inputs) =>
    fc.record({
      inputs: fc.constant(inputs),
      nodes: shuffle(inputs.desired.fleet.nodes),
      observed: shuffle(inputs.observed.nodes),
      releases: shuffle(inputs.catalogue.releases),
      pins: shuffle(inputs.desired.lock!.packages),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ inputs, nodes, observed, releases, pins }) => {
      const { desired } = inputs;
      const packages = Object.fromEntries(Object.entries(desired.fleet.packages).reverse());
      const again = plan({
        ...inputs,
        desired: { ...desired, lock: { packages: pins }, fleet: { ...desired.fleet, packages, nodes } },
        observed: { nodes: observed, databases: [] },
        catalogue: {
          releases: releases.map((release) => ({ ...release, files: [...release.files].reverse() })),
          yanked: [],
        },
      });
      expect(planJson(again)).toBe(planJson(plan(inputs)));
    }),
    runs(5_000),
  );
});

function shuffle<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
}

test('needs are steps, without a circle, and each step stands after what it needs', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const { steps } = plan(inputs);
      const seen = new Set<string>();
      for (const step of steps) {
        for (const need of step.needs) expect(seen).toContain(need);
        seen.add(step.id);
      }
      expect(seen.size).toBe(steps.length);
      expect(topologicalOrder(new Map(steps.map((step) => [step.id, step.needs])))).toHaveProperty('order');
    }),
    runs(10_000),
  );
});

test('needs grow with the steps, not with their square', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const { steps } = plan(inputs);
      expect(steps.reduce((sum, step) => sum + step.needs.length, 0)).toBeLessThanOrEqual(3 * steps.length + 10);
    }),
    runs(2_000),
  );
});

test('a plan that was carried out leaves nothing to plan', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const made = plan(inputs);
      const again = plan(applied(inputs, made));
      expect(again.steps).toEqual([]);
      expect(again.summary.unchanged).toBe(made.summary.unchanged + new Set(nodeSteps(made).map(nameOf)).size);
    }),
    runs(10_000),
  );
});

test('no two versions in a cluster are ever too far apart, in whatever order the constraints let steps end', () => {
  const cases = randomFleet.chain((inputs) => fc.tuple(fc.constant(inputs), fc.infiniteStream(fc.nat(1000))));
  fc.assert(
    fc.property(cases, ([inputs, choices]) => {
      const made = plan(inputs);
      const clusterOf = new Map(inputs.desired.fleet.nodes.map((node) => [node.name, node.cluster]));
      const now = new Map(
        inputs.observed.nodes
          .filter((node): node is ReachableNode => node.reachable)
          .map((node) => [node.name, node.packages]),
      );
      for (const step of linearise(made, clusterOf, choices)) {
        // A repair moves no version, so it may go on where versions were too far apart before.
        if (step.kind === 'stage-promote' || step.kind === 'node-repair') continue;
        now.set(nameOf(step), step.after.packages!);
        const cluster = clusterOf.get(nameOf(step))!;
        const versions = [...now]
          .filter(([name]) => clusterOf.get(name) === cluster)
          .map(([, packages]) => packages['themisdb']);
        const own = step.after.packages!['themisdb']!;
        for (const other of versions) {
          if (other !== undefined) expect(withinSkew(facts(own.version), facts(other.version), 1)).toBe(true);
        }
      }
    }),
    runs(5_000),
  );
});

function facts(version: string) {
  return { version, minUpgradeFrom: null };
}

function hopOf(step: PlanStep): number {
  return step.hop ?? Infinity;
}

/** Some order that keeps needs and, in every hop, leader last: what an executor may do. */
function linearise(made: Plan, clusterOf: ReadonlyMap<string, string>, choices: Iterator<number>): readonly PlanStep[] {
  const leaders = new Set(plannedLeaders(made).values());
  const open = new Map(made.steps.map((step) => [step.id, step]));
  const order: PlanStep[] = [];
  const mayGo = (step: PlanStep): boolean => {
    if (step.needs.some((need) => open.has(need))) return false;
    if (step.kind === 'stage-promote' || !leaders.has(nameOf(step))) return true;
    const cluster = clusterOf.get(nameOf(step));
    return [...open.values()].every(
      (entry) =>
        entry === step ||
        entry.kind === 'stage-promote' ||
        clusterOf.get(nameOf(entry)) !== cluster ||
        hopOf(entry) > hopOf(step),
    );
  };
  while (open.size > 0) {
    const ready = [...open.values()].filter(mayGo);
    expect(ready.length, 'needs and leader last never lock each other').toBeGreaterThan(0);
    const step = ready[choices.next().value! % ready.length]!;
    open.delete(step.id);
    order.push(step);
  }
  return order;
}

test('in each hop every changed node has one step in one stage, and no share is exceeded', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const made = plan(inputs);
      const { stages } = inputs.desired.rollout;
      for (const steps of Map.groupBy(nodeSteps(made), hopOf).values()) {
        expect(new Set(steps.map(nameOf)).size).toBe(steps.length);
        let filled = 0;
        for (const [index, { share: wanted, atLeast }] of stages.entries()) {
          const touched = steps.filter((step) => step.stage <= index + 1).length;
          const cumulative =
            wanted.kind === 'percentage' ? share(wanted.percentage, inputs.desired.fleet.nodes.length) : 0;
          filled = Math.max(cumulative, filled + (atLeast ?? 0));
          expect(touched).toBeLessThanOrEqual(filled);
        }
      }
    }),
    runs(10_000),
  );
});

test('in each hop the planned leader stands after every other step of its cluster', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const made = plan(inputs);
      const clusterOf = new Map(inputs.desired.fleet.nodes.map((node) => [node.name, node.cluster]));
      for (const [cluster, leader] of plannedLeaders(made)) {
        for (const steps of Map.groupBy(nodeSteps(made), hopOf).values()) {
          const turns = steps.filter((step) => clusterOf.get(nameOf(step)) === cluster).map(nameOf);
          if (turns.includes(leader)) expect(turns.at(-1)).toBe(leader);
        }
      }
    }),
    runs(5_000),
  );
});

test('whoever leads when it is planned again, the digest is that of the saved plan', () => {
  const cases = randomFleet.chain((inputs) => fc.tuple(fc.constant(inputs), fc.nat(1000)));
  fc.assert(
    fc.property(cases, ([inputs, turn]) => {
      const saved = plan(inputs);
      const nodes = inputs.observed.nodes.map((node, index): ObservedNode =>
        node.reachable ? { ...node, role: index % 7 === turn % 7 ? 'leader' : 'follower' } : node,
      );
      const again = plan({ ...inputs, observed: { nodes, databases: [] }, leaders: plannedLeaders(saved) });
      expect(again.planDigest).toBe(saved.planDigest);
    }),
    runs(5_000),
  );
});

test('a plan is read back as it was written', () => {
  fc.assert(
    fc.property(randomFleet, (inputs) => {
      const made = plan(inputs);
      expect(parsePlan(planJson(made))).toEqual({ plan: made });
    }),
    runs(2_000),
  );
});
