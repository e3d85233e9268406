/** `themis simulate`: the planner and the executor of `apply` over a simulated clock and simulated nodes. */
import { resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors } from '../../../kernel/finding.ts';
import { formatDuration } from '../../../kernel/units/duration.ts';
import { normaliseInstant, parseInstant } from '../../../kernel/units/instant.ts';
import type { Desired } from '../../../model/desired.ts';
import type { Snapshot } from '../../../model/observed.ts';
import type { Catalogue } from '../../../model/release.ts';
import { parseSnapshot } from '../../../observe/snapshot.ts';
import type { SimulationReport } from '../../../report/simulation/simulation-report.ts';
import { simulationText } from '../../../report/simulation/simulation-text.ts';
import type { SimulatedState } from '../../../adapters/transport/simulated/node.ts';
import { scaledFleet } from '../../simulate/make/scaled-fleet.ts';
import { startFromReleases, startFromSnapshot } from '../../simulate/make/start-state.ts';
import { runToEnd } from '../../simulate/run-to-end.ts';
import { Simulation } from '../../simulate/simulation.ts';
import { reportOf } from '../../simulate/simulation-report.ts';
import type { Command, Input, Session } from '../command.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { createPlanSources } from '../fleet/plan-sources.ts';
import { parallelismOf } from '../fleet/run-options.ts';
import { paintFor } from '../paint.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import { readTextFile } from '../reading/text-file.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  group: 'Plan and apply',
  summary: 'roll the desired state out over simulated nodes, with faults, and check every promise',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    { name: '--faults', value: 'SEED', summary: 'let things go wrong, the same ones for the same number' },
    { name: '--nodes', value: 'N', summary: 'a fleet of so many nodes of the same shape' },
    { name: '--from', value: '[PACKAGE=]VERSION', summary: 'what nodes have before', repeatable: true },
    { name: '--observed', value: 'FILE', summary: 'what nodes have before, from a snapshot of `themis observe`' },
    { name: '--at', value: 'TIME', summary: 'when it starts (default: the day after the newest release)' },
    { name: '--parallelism', value: 'N', summary: 'nodes in hand at once, over all clusters', default: '10' },
    {
      name: '--output',
      short: '-o',
      value: 'FORMAT',
      summary: 'text, json, or jsonl: the timeline line by line',
      choices: ['text', 'json', 'jsonl'],
      default: 'text',
    },
  ],
  examples: [
    { line: 'themis simulate', summary: 'a quiet rollout of this fleet: how long it takes, and when' },
    { line: 'themis simulate --faults 42', summary: 'with crashes, partitions, moved leaders and killed coordinators' },
    { line: 'themis simulate --faults 42 --nodes 100000', summary: 'the same rules over a hundred thousand nodes' },
  ],
  run: runSimulate,
};

async function runSimulate(session: Session, input: Input): Promise<number> {
  const directory = resolve(session.directory, input.argument('DIR') ?? '.');
  const { desired, findings } = await createPlanSources(session).loadFleet(directory, undefined);
  if (desired === undefined || hasErrors(findings)) {
    printFindings(session, findings);
    return exitCode.invalid;
  }
  const snapshot = await readSnapshot(session, input, desired);
  if (typeof snapshot === 'number') return snapshot;
  const catalogue = snapshot?.catalogue ?? (await loadCatalogue(desired, directory, session));
  const scaled = scaledFleet(withoutSchemas(session, desired), input.integer('nodes', 1));
  const startedMs = session.clock.steadyMs();
  const simulation = new Simulation({
    desired: scaled.desired,
    catalogue,
    starts: startsOf(input, scaled.desired, scaled.modelOf, catalogue, snapshot),
    startMs: startOf(input, catalogue),
    seed: input.integer('faults', 0) ?? null,
    parallelism: parallelismOf(input),
    themisVersion: session.themisVersion,
  });
  const outcome = await runToEnd(simulation, session.interrupts.soft);
  const report = reportOf(simulation, outcome);
  print(session, input, report);
  if (session.verbosity !== 'quiet') {
    session.err.write(`Took ${formatDuration(session.clock.steadyMs() - startedMs)} of real time.\n`);
  }
  const signal = session.interrupts.signal();
  if (signal !== undefined) return signal === 'SIGTERM' ? exitCode.terminated : exitCode.interrupted;
  return report.violations.length === 0 && outcome.result !== 'unfinished' ? exitCode.done : exitCode.failed;
}

/** Nodes are simulated, databases are not: what belongs to them is left out, and said to be. */
function withoutSchemas(session: Session, desired: Desired): Desired {
  const names = desired.migrations.map(({ name }) => name);
  if (names.length > 0) session.err.write(`note: migrations are not simulated: ${names.join(', ')}\n`);
  return { ...desired, databases: [], migrations: [] };
}

async function readSnapshot(session: Session, input: Input, desired: Desired): Promise<Snapshot | undefined | number> {
  const file = input.text('observed');
  if (file === undefined) return undefined;
  if (input.list('from').length > 0) {
    throw new ThemisError('USAGE', '--from and --observed both say what nodes have before: give one of them.');
  }
  const parsed = parseSnapshot(await readTextFile(resolve(session.directory, file)), file);
  if ('findings' in parsed) {
    printFindings(session, parsed.findings);
    return exitCode.invalid;
  }
  if (parsed.snapshot.fleet.uid === desired.fleet.uid) return parsed.snapshot;
  throw new ThemisError('USAGE', `${file} was taken of fleet ${parsed.snapshot.fleet.name}, not of this one.`);
}

function startsOf(
  input: Input,
  desired: Desired,
  modelOf: ReadonlyMap<string, string>,
  catalogue: Catalogue,
  snapshot: Snapshot | undefined,
): ReadonlyMap<string, SimulatedState> {
  const { nodes } = desired.fleet;
  if (snapshot === undefined) {
    const state = startFromReleases(desired, catalogue, input.list('from'));
    return new Map(nodes.map(({ name }) => [name, state]));
  }
  const states = startFromSnapshot(snapshot.observed.nodes);
  return new Map(
    nodes.flatMap(({ name }) => {
      const state = states.get(modelOf.get(name)!);
      return state === undefined ? [] : [[name, state] as const];
    }),
  );
}

/** Without `--at`, an instant that follows from the releases: the same fleet gives the same bytes on any day. */
function startOf(input: Input, { releases }: Catalogue): number {
  const text = input.text('at');
  if (text !== undefined) {
    const at = normaliseInstant(text);
    if (at === undefined) throw new ThemisError('USAGE', `--at ${text} is no time such as 2026-11-21T18:00:00Z.`);
    return parseInstant(at)!;
  }
  const dayMs = 86_400_000;
  const newestMs = releases.reduce((most, one) => Math.max(most, parseInstant(one.releaseDate) ?? 0), 0);
  return (Math.floor(newestMs / dayMs) + 1) * dayMs;
}

function print(session: Session, input: Input, report: SimulationReport): void {
  switch (input.text('output')) {
    case 'json':
      session.out.write(`${JSON.stringify(report, null, 2)}\n`);
      return;
    case 'jsonl': {
      const { timeline, violations, ...rest } = report;
      for (const entry of timeline) session.out.write(`${JSON.stringify({ type: 'timeline', ...entry })}\n`);
      for (const one of violations) session.out.write(`${JSON.stringify({ type: 'violation', ...one })}\n`);
      session.out.write(`${JSON.stringify({ type: 'simulated', ...rest })}\n`);
      return;
    }
    default:
      session.out.write(simulationText(report, paintFor(session.out)));
  }
}
