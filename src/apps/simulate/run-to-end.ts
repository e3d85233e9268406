/**
 * Runs `apply` again and again, as an operator or the daemon does, until running it again would not help. Coordinators
 * that are killed come back a little later; what is deferred is planned again when it may start.
 */
import { parseInstant } from '../../kernel/units/instant.ts';
import type { Plan } from '../../model/plan.ts';
import { answerMs } from './people.ts';
import type { Run } from './world/controller.ts';
import type { Kill } from './world/killer.ts';
import type { Simulation } from './simulation.ts';

export interface Outcome {
  /** Of the last execution; `unfinished` when it found no end within the time that a simulation has. */
  readonly result: string;
  readonly exitCode: number | null;
  readonly detail: string;
  readonly runs: number;
}

/** Whoever runs it again waits this long. */
const restartMs = 20_000;
const againMs = 60_000;
/** A paused rollout is tried again so often while nothing gets on. */
const patience = 10;
const mostRuns = 500;
const dayMs = 86_400_000;
const longestMs = 200 * dayMs;

export async function runToEnd(simulation: Simulation, soft: AbortSignal): Promise<Outcome> {
  const { clock, world, timeline, setup } = simulation;
  const kills = killsOf(simulation);
  const endMs = setup.startMs + longestMs;
  let last: Run | undefined;
  let stuck = 0;
  let written = -1;
  for (let runs = 1; ; runs += 1) {
    const run = await world.apply(kills.shift(), { soft });
    if (run === null) {
      timeline.fault('coordinator killed', `at run ${runs}`);
      await clock.advance(restartMs);
      continue;
    }
    const repeats = run.kind === 'empty' && last !== undefined;
    const outcome = outcomeOf(repeats ? last! : run, runs);
    last = run.kind === 'empty' ? last : run;
    const waitMs = soft.aborted ? null : goesOnAfter(simulation, run);
    const journal = journalLength(simulation);
    stuck = journal === written ? stuck + 1 : 0;
    written = journal;
    if (waitMs === null || stuck >= patience) {
      if (run.kind === 'executed' && run.report.resumable) simulation.watch.leftOpen(run.report);
      return outcome;
    }
    if (runs >= mostRuns) return { ...outcome, result: 'unfinished' };
    // What opens only after that is as good as deferred for ever.
    if (clock.nowMs() + waitMs > endMs) return outcome;
    timeline.run(`${outcome.result}: ${outcome.detail}`);
    await clock.advance(waitMs);
  }
}

function killsOf({ weather, setup }: Simulation): Kill[] {
  const writes = 2 * setup.desired.fleet.nodes.length + 4;
  return weather.kills.map(({ atShare, durable }) => ({ atWrite: 1 + Math.floor(atShare * writes), durable }));
}

/** Milliseconds until it is worth another run; null: it is over. */
function goesOnAfter({ world, clock, setup }: Simulation, run: Run): number | null {
  if (run.kind === 'incomplete') return againMs;
  if (run.kind !== 'executed') return null;
  const { result, resumable } = run.report;
  if (resumable || result === 'stale') return againMs;
  if (result !== 'done' && result !== 'not-finished' && result !== 'nothing-to-do') return null;
  const { plan } = world.state.executions.at(-1)!;
  if (plan.deferred.length === 0) return null;
  // People may have answered since it was made.
  const isEarly = parseInstant(plan.createdAt)! < setup.startMs + 2 * answerMs;
  return untilDeferred(plan, clock.nowMs()) ?? (isEarly ? 2 * answerMs : null);
}

/** The first instant at which something that this plan left out may start; null where that is nobody's to say. */
function untilDeferred({ deferred }: Plan, nowMs: number): number | null {
  const opens = deferred.flatMap(({ until }) => (until === null ? [] : [parseInstant(until) ?? nowMs]));
  const next = opens.filter((atMs) => atMs > nowMs);
  return next.length === 0 ? null : next.reduce((least, atMs) => Math.min(least, atMs)) - nowMs;
}

function journalLength({ world }: Simulation): number {
  return world.state.executions.reduce((sum, { journal }) => sum + journal.length, 0);
}

function outcomeOf(run: Run, runs: number): Outcome {
  switch (run.kind) {
    case 'executed': {
      const { result, exitCode, detail } = run.report;
      return { result, exitCode, detail, runs };
    }
    case 'empty':
      return { result: 'nothing-to-do', exitCode: 0, detail: 'every node matches', runs };
    case 'incomplete':
      return { result: 'incomplete', exitCode: 1, detail: 'not every node could be observed', runs };
    case 'refused': {
      const errors = run.plan.findings.filter((one) => one.severity === 'error');
      const detail = errors.length === 0 ? 'the plan may not be carried out' : errors[0]!.summary;
      return { result: 'refused', exitCode: 4, detail, runs };
    }
  }
}
