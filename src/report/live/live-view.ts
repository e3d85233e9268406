/**
 * The live view of an execution: a small state that events change, and a frame of text that is drawn from it. Pure:
 * the time is passed in, the terminal's size too. A frame never grows with the fleet, only with what is in hand.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import type { ProgressFigures, ThemisEvent } from '../../model/event.ts';
import { waitText } from './event-lines.ts';
import { farText } from './progress-figures.ts';
import { schemaText } from './schema-text.ts';

/** Of one step, below its line. */
const filesShown = 4;

export interface LiveState {
  readonly execution: string;
  /** Steps on nodes, and how many of them have ended. */
  readonly steps: number;
  readonly ended: number;
  readonly failed: number;
  readonly direction: 'forward' | 'back';
  readonly startedMs: number;
  readonly inHand: ReadonlyMap<string, LiveStep>;
  /** Steps whose releases are fetched ahead of their turn, and how far that is. */
  readonly staging: ReadonlyMap<string, StagedAhead>;
  readonly waiting: string | null;
  readonly stopping: string | null;
  readonly result: string | null;
  /** How many steps took their time on a node, and how long on average; gates open in no time of their own. */
  readonly timed: number;
  readonly meanMs: number;
}

export interface StagedAhead extends ProgressFigures {
  readonly target: string;
}

export interface LiveStep {
  readonly target: string;
  readonly stage: number;
  readonly phase: string;
  readonly startedMs: number;
  readonly figures: ProgressFigures;
}

export const emptyLive: LiveState = {
  execution: '',
  steps: 0,
  ended: 0,
  failed: 0,
  direction: 'forward',
  startedMs: 0,
  inHand: new Map(),
  staging: new Map(),
  waiting: null,
  stopping: null,
  result: null,
  timed: 0,
  meanMs: 0,
};

export function live(state: LiveState, event: ThemisEvent): LiveState {
  const atMs = parseInstant(event.at) ?? 0;
  switch (event.type) {
    case 'version':
    case 'planned':
    case 'finding':
    case 'verdict':
    case 'leader-moved':
      return state;
    case 'execution-started':
      return { ...emptyLive, execution: event.execution, steps: event.steps, startedMs: atMs };
    case 'step-started': {
      const { target, stage } = event;
      const step = { target, stage, phase: 'started', startedMs: atMs, figures: {} };
      const inHand = new Map(state.inHand).set(event.step, step);
      return { ...state, waiting: null, inHand, staging: without(state.staging, event.step) };
    }
    case 'step-progress': {
      // A note comes on top of where the step is.
      if (event.note !== undefined) return state;
      const known = state.inHand.get(event.step);
      if (known === undefined) return stageAhead(state, event);
      const step = { ...known, phase: event.phase, figures: event };
      return { ...state, inHand: new Map(state.inHand).set(event.step, step) };
    }
    case 'schema': {
      const known = state.inHand.get(event.step);
      const phase = schemaText(event.event);
      if (known === undefined || phase === undefined) return state;
      return { ...state, inHand: new Map(state.inHand).set(event.step, { ...known, phase }) };
    }
    case 'step-finished':
      return finishStep(state, event);
    case 'waiting':
      return { ...state, waiting: waitText(event) };
    case 'rolling-back':
      return { ...state, direction: 'back', waiting: null, ended: 0, steps: Math.max(1, state.ended - state.failed) };
    case 'stopping':
      return { ...state, stopping: event.signal };
    case 'execution-finished':
      return { ...state, result: event.result, waiting: null };
  }
}

/** What is staged ahead of its turn is not in hand yet, but it is what the first seconds are spent on. */
function stageAhead(state: LiveState, event: Extract<ThemisEvent, { type: 'step-progress' }>): LiveState {
  const whole = event.totalBytes !== undefined && event.doneBytes === event.totalBytes;
  const staging = whole ? without(state.staging, event.step) : new Map(state.staging).set(event.step, event);
  return { ...state, staging };
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function finishStep(state: LiveState, event: Extract<ThemisEvent, { type: 'step-finished' }>): LiveState {
  if (event.outcome.kind === 'blocked') return state;
  const inHand = new Map(state.inHand);
  inHand.delete(event.step);
  const ended = state.ended + 1;
  const timed = state.timed + Number(event.outcome.kind === 'done' && !event.target.startsWith('stage/'));
  const meanMs = timed === state.timed ? state.meanMs : state.meanMs + (event.durationMs - state.meanMs) / timed;
  const staging = without(state.staging, event.step);
  return {
    ...state,
    inHand,
    staging,
    ended,
    timed,
    meanMs,
    failed: state.failed + Number(event.outcome.kind === 'failed'),
  };
}

/** Lines at most `columns` wide and at most `rows` of them, without a line feed at the end. */
export function liveFrame(state: LiveState, nowMs: number, columns: number, rows: number): string {
  const lines = [headLine(state, nowMs, columns)];
  const steps = [...state.inHand.values()];
  const width = Math.max(0, ...steps.map((step) => step.target.length));
  // Beside the steps: the head, how many are hidden, what is waited for, and what is staged.
  const shown = Math.max(1, rows - (state.staging.size > 0 ? 4 : 3));
  // Files have what room is left.
  let room = shown - Math.min(shown, steps.length);
  for (const step of steps.slice(0, shown)) {
    const since = formatDuration(Math.max(0, nowMs - step.startedMs));
    const far = farText(step.figures);
    lines.push(
      `  ${step.target.padEnd(width)}  stage ${step.stage}  ${step.phase.padEnd(13)} ${since}${far === '' ? '' : `  ${far}`}`,
    );
    const files = fileLines([{ ...step.figures, target: step.target }], room, false);
    room -= files.length;
    lines.push(...files);
  }
  const hidden = steps.length - shown;
  if (hidden > 0) lines.push(`  and ${hidden} more`);
  const ahead = [...state.staging.values()];
  if (ahead.length > 0) {
    const isOneOfMany = ahead.length > 1 || steps.some(({ phase }) => phase === 'stage');
    lines.push(`  ${aheadText(ahead)}`, ...fileLines(ahead, room, isOneOfMany));
  }
  if (state.stopping !== null) lines.push(`  stopping (${state.stopping}); once more to leave at once`);
  else if (state.waiting !== null) lines.push(`  waiting: ${state.waiting}`);
  return lines.map((line) => (line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line)).join('\n');
}

/** `named`: the line above does not say of which node. */
function fileLines(all: readonly StagedAhead[], room: number, named: boolean): readonly string[] {
  const lines = all.flatMap(({ target, files = [] }) =>
    files.map((file) => `    ${named ? `${target} ` : ''}${file.path}  ${farText(file)}`),
  );
  return lines.slice(0, Math.min(room, filesShown));
}

/** Of all nodes together; the last of them ends it, if that is known of each. */
function aheadText(all: readonly ProgressFigures[]): string {
  const sum = (of: (one: ProgressFigures) => number | undefined): number =>
    all.reduce((total, one) => total + (of(one) ?? 0), 0);
  const totalBytes = sum((one) => one.totalBytes);
  const head = `staging ahead: ${all.length} to go`;
  if (totalBytes === 0) return head;
  const isKnown = all.every((one) => one.remainingMs !== undefined);
  const remainingMs = isKnown ? Math.max(0, ...all.map((one) => one.remainingMs ?? 0)) : 0;
  const bytesPerSecond = sum((one) => one.bytesPerSecond);
  return `${head}, ${farText({ doneBytes: sum((one) => one.doneBytes), totalBytes, bytesPerSecond, remainingMs })}`;
}

function headLine(state: LiveState, nowMs: number, columns: number): string {
  const { ended, steps, direction } = state;
  const share = steps === 0 ? 0 : Math.min(1, ended / steps);
  const wide = columns >= 80 ? 24 : 10;
  const full = Math.round(share * wide);
  const bar = `[${'='.repeat(full)}${' '.repeat(wide - full)}]`;
  const what = direction === 'forward' ? 'applying' : 'rolling back';
  const left = Math.max(0, steps - ended);
  const inHand = Math.max(1, state.inHand.size);
  const etaMs = (left * state.meanMs) / inHand;
  const eta = state.meanMs > 0 && left > 0 ? `, about ${formatDuration(etaMs)} left` : '';
  const failed = state.failed > 0 ? `, ${state.failed} failed` : '';
  const since = formatDuration(Math.max(0, nowMs - state.startedMs));
  return `${what} ${bar} ${ended}/${steps}${failed}, ${since}${eta}`;
}
