/** Puts together what a simulation came to. */
import { formatInstant } from '../../kernel/units/instant.ts';
import { compareText } from '../../kernel/finding.ts';
import type { SimulationReport } from '../../report/simulation/simulation-report.ts';
import type { Weather } from './faults/weather.ts';
import { answerMs } from './people.ts';
import type { Outcome } from './run-to-end.ts';
import type { Simulation } from './simulation.ts';
import { invariants } from './watch/invariants.ts';

export function reportOf(simulation: Simulation, outcome: Outcome): SimulationReport {
  const { setup, clock, fleet, watch, timeline, weather } = simulation;
  const { desired, startMs, seed } = setup;
  const { result, exitCode, detail, runs } = outcome;
  let calls = 0;
  for (const count of fleet.calls.values()) calls += count;
  return {
    formatVersion: '1.0',
    fleet: desired.fleet.name,
    nodes: desired.fleet.nodes.length,
    clusters: [...fleet.clusters].length,
    tenants: desired.tenants.length,
    seed,
    packages: packagesOf(simulation),
    weather: weatherWords(weather, simulation),
    startedAt: formatInstant(startMs),
    finishedAt: formatInstant(clock.nowMs()),
    simulatedMs: clock.nowMs() - startMs,
    runs,
    events: clock.fired,
    calls,
    timeline: timeline.entries(),
    faults: Object.fromEntries([...timeline.faults].sort(([a], [b]) => compareText(a, b))),
    result: { result, exitCode, detail, versions: versionsOf(simulation) },
    invariants: invariants.map(({ name, promise, grace }) => ({
      name,
      promise,
      grace,
      checks: watch.checks.get(name)!,
      violations: watch.broken.get(name) ?? 0,
    })),
    violations: watch.violations.map(({ invariant, atMs, detail: what, trace }) => ({
      invariant,
      at: formatInstant(atMs),
      detail: what,
      trace,
    })),
  };
}

function packagesOf({ setup }: Simulation): SimulationReport['packages'] {
  const { desired, starts } = setup;
  return Object.keys(desired.fleet.packages).map((name) => {
    const before = new Set<string>();
    for (const { packages } of starts.values()) if (packages[name] !== undefined) before.add(packages[name].version);
    const pin = desired.lock?.packages.find((one) => one.package === name);
    const from = before.size === 0 ? null : [...before].sort(compareText).join(', ');
    return { package: name, from, to: pin?.version ?? desired.fleet.packages[name]! };
  });
}

function versionsOf({ fleet }: Simulation): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { packages } of fleet.nodes.values()) {
    const text = Object.entries(packages).map(([name, one]) => `${name} ${one.version}`);
    const key = text.length === 0 ? 'nothing installed' : text.join(', ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => compareText(a, b)));
}

function weatherWords(weather: Weather, { setup }: Simulation): string[] {
  const { release, kills, lostRequests, lostAnswers, interrupted, disturbances } = weather;
  const words: string[] = [];
  if (release === 'good') words.push('the release is good');
  else if (release === 'bad-metrics') words.push('nodes with the release answer errors');
  else words.push(`one node is ${release} with the release`);
  if (kills.length > 0) words.push(`${kills.length} kills of the coordinator`);
  if (lostRequests > 0) words.push(`${percent(lostRequests)} of requests and ${percent(lostAnswers)} of answers lost`);
  if (interrupted > 0) words.push(`${percent(interrupted)} of node operations cut off`);
  if (disturbances > 0) words.push(`${disturbances} crashes, leader moves, slow nodes and partitions`);
  const asks =
    setup.desired.rollout.stages.some(({ promotion }) => promotion !== 'gate') ||
    setup.desired.tenants.some(({ policy }) => policy.consent === 'required' || !policy.autoUpdate);
  if (asks) words.push(`people approve and consent after ${answerMs / 60_000} minutes`);
  return words;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
