/** Every promise must be able to fail: one rule is weakened at a time, and the one that watches it has to notice. */
import { expect, test } from 'vitest';
import { runToEnd } from '../../src/apps/simulate/run-to-end.ts';
import { Simulation, type SimulationSetup } from '../../src/apps/simulate/simulation.ts';
import { invariants } from '../../src/apps/simulate/watch/invariants.ts';
import type { NodeReply, NodeRequest } from '../../src/model/message.ts';
import type { DesiredRollout } from '../../src/model/desired.ts';
import type { Constraint, Plan, PlanStep } from '../../src/model/plan.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { planRollout } from '../../src/plan/plan.ts';
import type { Transport } from '../../src/ports/transport.ts';
import { desiredNode, installed, planInputs, rollout, stage } from '../support/fleet-fixture.ts';
import { simulatedReleases } from '../support/random-simulation.ts';
import { gate } from '../support/gate-fixture.ts';

const versionOf = (version: string) => simulatedReleases.find((one) => one.version === version)!;
const tenant = {
  name: 'tenant',
  priority: 'normal',
  windows: [{ days: ['Saturday'], from: '02:00', to: '04:00', timezone: 'UTC' }],
  blackouts: [],
  policy: { autoUpdate: true, criticalAutoUpdate: true, noticeLeadTimeMs: 0, consent: 'none' },
} as const;

const errorRate = gate('errorRate', { max: 0.05, minSamples: 20 });

interface Fleet {
  readonly to?: string;
  readonly rollout?: Partial<DesiredRollout>;
  readonly weather?: SimulationSetup['weather'];
}

function setupOf({ to = '1.5.0', rollout: facts = {}, weather }: Fleet): SimulationSetup {
  const nodes = ['a', 'b'].flatMap((cluster) =>
    [0, 1, 2].map((member) =>
      desiredNode(`${cluster}${member}`, { cluster, tenants: cluster === 'b' ? [tenant.name] : [] }),
    ),
  );
  const stages = [stage(34, { bakeMs: 600_000, promotion: 'both' }), stage(100)];
  const { desired, catalogue } = planInputs({
    nodes,
    observed: [],
    releases: simulatedReleases,
    wanted: [versionOf(to)],
    rollout: rollout({ stages, ...facts }),
    desired: { tenants: [tenant] },
  });
  const state = { packages: { db: installed(versionOf('1.4.0')) }, drift: [] };
  return {
    desired,
    catalogue,
    starts: new Map(nodes.map(({ name }) => [name, state])),
    // A Friday night: the tenant's window comes in an hour.
    startMs: Date.UTC(2026, 2, 7, 1),
    seed: 7,
    parallelism: 6,
    themisVersion: '0.0.0',
    weather: { release: 'good', kills: [], interrupted: 0, disturbances: 0, ...weather },
  };
}

/** Plans as the planner does, of other wishes or with another plan as its result. */
function planner(
  change: (plan: Plan) => Plan,
  wishes: (inputs: PlanInputs) => PlanInputs = (inputs) => inputs,
): Partial<SimulationSetup> {
  return {
    planner: (inputs) => {
      const { plan, ...rest } = planRollout(wishes(inputs));
      return { ...rest, plan: change(plan) };
    },
  };
}

function constraint(change: (one: Constraint) => readonly Constraint[]): (plan: Plan) => Plan {
  return (plan) => ({ ...plan, constraints: plan.constraints.flatMap(change) });
}

function gates(change: (step: PlanStep) => PlanStep): (plan: Plan) => Plan {
  return (plan) => ({
    ...plan,
    steps: plan.steps.map((step) => (step.kind === 'stage-promote' ? change(step) : step)),
  });
}

function without(plan: Plan, drop: (step: PlanStep) => boolean): Plan {
  const gone = new Set(plan.steps.filter((step) => drop(step)).map(({ id }) => id));
  const steps = plan.steps.filter(({ id }) => !gone.has(id));
  return { ...plan, steps: steps.map((step) => ({ ...step, needs: step.needs.filter((id) => !gone.has(id)) })) };
}

function wishes(change: (inputs: PlanInputs) => Partial<PlanInputs['desired']>): Partial<SimulationSetup> {
  return planner(
    (plan) => plan,
    (inputs) => ({ ...inputs, desired: { ...inputs.desired, ...change(inputs) } }),
  );
}

type Call = (node: Parameters<Transport['call']>[0], request: NodeRequest) => Promise<NodeReply>;

function network(
  change: (call: Call, ...message: [...Parameters<Call>, fleet: Simulation['fleet']]) => Promise<NodeReply>,
): Partial<SimulationSetup> {
  return {
    network: (fleet) => ({
      call: (node, request, options) => change((...message) => fleet.call(...message, options), node, request, fleet),
    }),
  };
}

/** What an update expects, once it was done. */
function again(request: NodeRequest): NodeRequest {
  if (request.kind !== 'update') return request;
  const after = Object.fromEntries(request.releases.map((one) => [one.package, one.manifestHash]));
  return { ...request, expected: { ...request.expected, ...after } };
}

const mutants: Readonly<
  Record<string, { readonly weakens: string; readonly fleet?: Fleet; readonly blind?: true } & Partial<SimulationSetup>>
> = {
  'without the quorum of the plan': {
    weakens: 'quorum',
    fleet: { rollout: { maxUnavailable: 2, stages: [stage(100)] } },
    ...planner(constraint((one) => (one.kind === 'quorum' ? [] : [one]))),
  },
  'with more away than the desired state allows': {
    weakens: 'maxUnavailable',
    fleet: { rollout: { stages: [stage(100)] } },
    ...planner(constraint((one) => (one.kind === 'quorum' ? [] : [{ ...one, value: 9 } as Constraint]))),
  },
  'planned for a wider skew': {
    weakens: 'skew',
    fleet: { to: '1.6.0' },
    ...wishes(({ desired }) => ({ rollout: { ...desired.rollout, maxMinorSkew: 9 } })),
  },
  'with nodes that hide who leads': {
    weakens: 'leader last',
    ...network(async (call, node, { ...request }) => {
      if (request.kind === 'update') request = { ...request, unlessLeading: false };
      const reply = await call(node, request);
      return reply.kind === 'observed' ? { ...reply, observed: { ...reply.observed, role: 'unknown' } } : reply;
    }),
  },
  'with nobody who knows the tenants': {
    weakens: 'windows',
    blind: true,
  },
  'planned for one stage': {
    weakens: 'stage share',
    ...wishes(({ desired }) => ({ rollout: { ...desired.rollout, stages: [stage(100)] } })),
  },
  'without gates': {
    weakens: 'remaining nodes',
    ...planner((plan) => without(plan, (step) => step.kind === 'stage-promote')),
  },
  'with gates that need nothing': {
    weakens: 'stage complete',
    ...planner(gates((step) => ({ ...step, needs: [], params: { ...step.params, bakeMs: 0, approval: false } }))),
  },
  'with gates that do not bake': {
    weakens: 'gate',
    fleet: { rollout: { stages: [stage(34, { bakeMs: 600_000 }), stage(100)] } },
    ...planner(gates((step) => ({ ...step, params: { ...step.params, bakeMs: 0 } }))),
  },
  'with gates that judge nothing': {
    weakens: 'gate',
    fleet: { rollout: { stages: [stage(34, { bakeMs: 600_000 }), stage(100)], gates: [errorRate] } },
    ...planner(
      gates(({ params, ...step }) => {
        const { gates: _, ...rest } = params!;
        return { ...step, params: rest };
      }),
    ),
  },
  'with gates that ask nobody': {
    weakens: 'gate',
    ...planner(gates((step) => ({ ...step, params: { ...step.params, approval: false } }))),
  },
  'with updates that no journal knows': {
    weakens: 'journal first',
    ...network((call, node, request) =>
      call(node, request.kind === 'update' ? { ...request, operation: `${request.operation}x` } : request),
    ),
  },
  'with nodes that forget what they did': {
    weakens: 'nothing twice',
    ...network(async (call, node, request, fleet) => {
      const reply = await call(node, request);
      if (request.kind !== 'update') return reply;
      fleet.nodes.get(node.name)!.operations.delete(request.operation);
      return await call(node, again(request));
    }),
  },
  'with a node that the plan forgets': {
    weakens: 'ending',
    ...planner((plan) => without(plan, (step) => step.target === 'node/a1')),
  },
  'with rollbacks that only say so': {
    weakens: 'ending',
    fleet: { weather: { release: 'unhealthy', badAt: 0.99 } },
    ...network(async (call, node, request, fleet) => {
      if (request.kind !== 'rollback') return await call(node, request);
      const { wireVersion } = request;
      const one = fleet.nodes.get(node.name)!;
      one.packages = { db: installed(versionOf('1.3.0')) };
      return { wireVersion, node: node.name, kind: 'finished', result: { kind: 'done', restorePoint: null } };
    }),
  },
};

async function brokenBy(setup: SimulationSetup): Promise<readonly string[]> {
  const simulation = new Simulation(setup);
  await runToEnd(simulation, new AbortController().signal);
  return [...simulation.watch.broken.keys()];
}

test.each(Object.entries(mutants))('%s: noticed', async (_, { weakens, fleet = {}, blind, ...worse }) => {
  const setup = setupOf(fleet);
  expect(await brokenBy(setup)).toEqual([]);
  const desired = blind === true ? { ...setup.desired, tenants: [] } : setup.desired;
  expect(await brokenBy({ ...setup, ...worse, desired, promised: setup.desired })).toContain(weakens);
});

test('there is a mutant for every promise', () => {
  const weakened = new Set(Object.values(mutants).map((one) => one.weakens));
  expect(invariants.map(({ name }) => name).filter((name) => !weakened.has(name))).toEqual([]);
});
