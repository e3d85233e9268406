/** Small random fleets for simulations, all of it from one seed: clusters, stages, gates, tenants, windows, versions. */
import { seededRandom, type Random } from '../../src/adapters/transport/simulated/seeded-random.ts';
import type { SimulatedState } from '../../src/adapters/transport/simulated/node.ts';
import type { SimulationSetup } from '../../src/apps/simulate/simulation.ts';
import type {
  DesiredGate,
  DesiredNode,
  DesiredRollout,
  DesiredStage,
  DesiredTenant,
  Weekday,
} from '../../src/model/desired.ts';
import { desiredNode, installed, planInputs, release, rollout, stage } from './fleet-fixture.ts';
import { gate } from './gate-fixture.ts';

const versions = ['1.3.0', '1.4.0', '1.4.2', '1.5.0', '1.6.0', '1.7.0'];
export const simulatedReleases = versions.map((version) => release('db', version));
const startMs = Date.UTC(2026, 2, 1);
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo'];

export interface Features {
  readonly hops: boolean;
}

export function randomSimulation(seed: number, features: Features): SimulationSetup {
  const random = seededRandom(seed * 7919);
  const tenants = pick(random, [0, 0, 1, 2]) === 0 ? [] : randomTenants(random);
  const nodes = randomNodes(random, tenants);
  const to = features.hops && random() < 0.3 ? pick(random, ['1.6.0', '1.7.0']) : '1.5.0';
  const wanted = simulatedReleases.find((one) => one.version === to)!;
  const { desired, catalogue } = planInputs({
    nodes,
    observed: [],
    releases: simulatedReleases,
    wanted: [wanted],
    rollout: randomRollout(random, nodes),
    desired: { tenants },
  });
  return {
    desired,
    catalogue,
    starts: randomStarts(random, nodes, to),
    startMs: startMs + Math.floor(random() * 60 * 86_400_000),
    seed,
    parallelism: integer(random, 1, 6),
    themisVersion: '0.0.0',
  };
}

function randomNodes(random: Random, tenants: readonly DesiredTenant[]): DesiredNode[] {
  const sizes = Array.from({ length: integer(random, 1, 3) }, () => pick(random, [1, 2, 3, 3, 4, 5]));
  return sizes.flatMap((size, cluster) =>
    Array.from({ length: size }, (_, member) =>
      desiredNode(`n${cluster}-${member}`, {
        cluster: `c${cluster}`,
        labels: { zone: `z${member % 3}` },
        tenants: tenants.filter(() => random() < 0.4).map(({ name }) => name),
      }),
    ),
  );
}

function randomStarts(random: Random, nodes: readonly DesiredNode[], to: string): ReadonlyMap<string, SimulatedState> {
  const older = to === '1.5.0' ? ['1.4.0', '1.4.2'] : ['1.4.0'];
  const drift = [{ package: 'db', path: 'bin/db', problem: 'changed' }] as const;
  return new Map(
    nodes.map(({ name }, index): [string, SimulatedState] => {
      const version = index > 0 && random() < 0.1 && to === '1.5.0' ? to : pick(random, older);
      const state = { db: installed(simulatedReleases.find((one) => one.version === version)!) };
      return [name, { packages: state, drift: random() < 0.1 ? drift : [] }];
    }),
  );
}

function randomRollout(random: Random, nodes: readonly DesiredNode[]): DesiredRollout {
  const shares = Array.from({ length: integer(random, 0, 3) }, () => integer(random, 1, 90));
  const stages = [...new Set(shares)]
    .sort((a, b) => a - b)
    .map((share): DesiredStage => {
      const facts: Partial<DesiredStage> = {
        bakeMs: pick(random, [0, 60_000, 10 * 60_000]),
        promotion: pick(random, ['gate', 'gate', 'gate', 'approval', 'both']),
        ...(random() < 0.4 ? { atLeast: 1 } : {}),
      };
      return stage(share, facts);
    });
  if (random() < 0.15) {
    const named = nodes.filter(() => random() < 0.2).map(({ name }) => name);
    if (named.length > 0) stages.unshift(stage(0, { share: { kind: 'nodes', nodes: named }, bakeMs: 60_000 }));
  }
  return rollout({
    maxUnavailable: pick(random, [1, 1, 2]),
    onFailure: random() < 0.8 ? 'rollback' : 'pause',
    order: random() < 0.3 ? ['zone=z0', 'zone=z1'] : [],
    stages: [...stages, stage(100)],
    gates: random() < 0.25 ? randomGates(random) : [],
  });
}

function randomGates(random: Random): DesiredGate[] {
  const minSamples = 20;
  const all = [
    gate('errorRate', { minSamples, max: 0.05, worseBy: random() < 0.3 ? 0.1 : null }),
    gate('latencyP99', { minSamples, max: 500 }),
    gate('memory', { minSamples, max: 2 ** 31 }),
  ];
  return all.filter(() => random() < 0.6);
}

function randomTenants(random: Random): DesiredTenant[] {
  return Array.from({ length: integer(random, 1, 3) }, (_, index): DesiredTenant => {
    const blackout = random() < 0.2;
    return {
      name: `tenant-${index}`,
      priority: pick(random, ['critical', 'normal', 'low']),
      windows: random() < 0.8 ? [randomWindow(random)] : [],
      blackouts: blackout
        ? [{ from: '2026-03-05', to: '2026-03-09', timezone: pick(random, zones), reason: 'test' }]
        : [],
      policy: {
        autoUpdate: random() < 0.85,
        criticalAutoUpdate: random() < 0.5,
        noticeLeadTimeMs: pick(random, [0, 0, 0, 3_600_000, 6 * 3_600_000]),
        consent: random() < 0.15 ? 'required' : 'none',
      },
    };
  });
}

/** Several days of some hours: what several tenants share is not always nothing. */
function randomWindow(random: Random): DesiredTenant['windows'][number] {
  const from = integer(random, 0, 23);
  const to = (from + integer(random, 8, 20)) % 24;
  const days = weekdays.filter((): boolean => random() < 0.85) as Weekday[];
  return {
    days: days.length === 0 ? ['Saturday'] : days,
    from: `${String(from).padStart(2, '0')}:${pick(random, ['00', '30'])}`,
    to: `${String(to).padStart(2, '0')}:00`,
    timezone: pick(random, zones),
  };
}

function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function pick<Item>(random: Random, list: readonly Item[]): Item {
  return list[Math.floor(random() * list.length)]!;
}
