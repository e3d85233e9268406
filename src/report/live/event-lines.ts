/**
 * Events as lines for logs and pipes: one line a phase change, no cursor codes, no line for what only moves a counter but
 * for one now and then of a staging that lasts. The function returned remembers of each step its phase and its last line;
 * everything else comes from the event.
 */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { Failure, Outcome } from '../../kernel/outcome.ts';
import { parseInstant } from '../../kernel/units/instant.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { ProgressFigures, ThemisEvent } from '../../model/event.ts';
import { farText } from './progress-figures.ts';
import { schemaText } from './schema-text.ts';

const everyMs = 30_000;

/** undefined: nothing to say about this event. No line feed at the end. */
export function createEventLines(): (event: ThemisEvent) => string | undefined {
  const phases = new Map<string, string>();
  const toldMs = new Map<string, number>();
  return (event) => {
    if (event.type === 'step-progress') {
      if (event.note !== undefined) return `${clockOf(event.at)} ${noteOf(event)}`;
      const phase = stagedText(event) ?? event.phase;
      const known = phases.get(event.step);
      const atMs = parseInstant(event.at) ?? 0;
      if (known === phase) {
        const far = farText(event);
        if (phase !== 'stage' || far === '' || atMs - (toldMs.get(event.step) ?? atMs) < everyMs) return undefined;
        toldMs.set(event.step, atMs);
        return `${clockOf(event.at)} ${event.target}: staging ${far}`;
      }
      // Told once, whatever else is still said of it.
      if (event.phase === 'stage' && known?.startsWith('staged') === true) return undefined;
      phases.set(event.step, phase);
      toldMs.set(event.step, atMs);
      return `${clockOf(event.at)} ${event.target}: ${phase}`;
    }
    if (event.type === 'schema' && event.event.type === 'step-progress') {
      const atMs = parseInstant(event.at) ?? 0;
      if (atMs - (toldMs.get(event.step) ?? (toldMs.set(event.step, atMs), atMs)) < everyMs) return undefined;
      toldMs.set(event.step, atMs);
      return `${clockOf(event.at)} ${event.target}: ${schemaText(event.event)}`;
    }
    if (event.type === 'step-finished') {
      phases.delete(event.step);
      toldMs.delete(event.step);
    }
    const text = describeEvent(event);
    return text === undefined ? undefined : `${clockOf(event.at)} ${text}`;
  };
}

/** What a step-progress says beside where it is; undefined for most. */
export function noteOf({ target, note }: Extract<ThemisEvent, { type: 'step-progress' }>): string | undefined {
  return note === undefined ? undefined : `${target}: ${note}`;
}

/** What a staging that is through has cost. */
function stagedText({
  phase,
  doneBytes,
  totalBytes,
  fetchedBytes,
  reusedBytes = 0,
}: ProgressFigures & { phase: string }) {
  if (phase !== 'stage' || fetchedBytes === undefined || doneBytes === undefined || doneBytes !== totalBytes) {
    return undefined;
  }
  const here = reusedBytes === 0 ? '' : `, ${formatSize(reusedBytes)} were there`;
  return `staged ${formatSize(totalBytes)}: ${formatSize(fetchedBytes)} fetched${here}`;
}

export function describeEvent(event: Exclude<ThemisEvent, { type: 'step-progress' }>): string | undefined {
  switch (event.type) {
    case 'version':
    case 'planned':
    case 'finding':
      return undefined;
    case 'execution-started':
      return `${event.resumed ? 'going on with' : 'started'} ${event.execution}: ${event.steps === 1 ? '1 step' : `${event.steps} steps`}`;
    case 'step-started':
      return event.kind === 'stage-promote'
        ? undefined
        : `${event.target}: ${event.direction === 'forward' ? 'started' : 'taking back'} (${event.hop === undefined ? '' : `hop ${event.hop}, `}${placeOf(event)})`;
    case 'schema': {
      const text = schemaText(event.event);
      return text === undefined ? undefined : `${event.target}: ${text}`;
    }
    case 'step-finished':
      return finished(event, event.outcome, event.direction, event.durationMs);
    case 'waiting':
      return `waiting: ${waitText(event)}`;
    case 'verdict':
      return `stage/${event.stage}: gate ${event.gate} ${verdictWords[event.answer]}: ${event.because} (verdict ${event.id})`;
    case 'leader-moved':
      return event.from === null
        ? undefined
        : `cluster ${event.cluster}: ${event.to ?? 'nobody'} leads now, before ${event.from}`;
    case 'rolling-back':
      return `rolling back, because ${event.because} failed: ${event.failure.message}`;
    case 'stopping':
      return `stopping (${event.signal}): ${stopText(event)}`;
    case 'execution-finished':
      return event.execution === null ? undefined : `${event.execution}: ${event.result}`;
  }
}

/** `stage 2`, or what is done to a database: `expand`. */
function placeOf({ kind, stage }: Extract<ThemisEvent, { type: 'step-started' }>): string {
  return kind.startsWith('schema-') ? kind.slice('schema-'.length) : `stage ${stage}`;
}

function stopText({ inHand, databases = [], staging }: Extract<ThemisEvent, { type: 'stopping' }>): string {
  const words = inHand.length === 0 ? [] : [`finishing ${inHand.join(', ')}`];
  if (databases.length > 0) words.push(`leaving ${databases.join(', ')} after the next statement or batch`);
  if (staging.length > 0) words.push(`no longer staging ${staging.join(', ')}`);
  return words.length === 0 ? 'nothing is in hand' : words.join('; ');
}

/** Evidence may suffice sooner: what is known is the end of the patience. Of a window the detail says when it opens. */
export function waitText({ on, detail, until }: Extract<ThemisEvent, { type: 'waiting' }>): string {
  if (until === null || on === 'window') return detail;
  return on === 'evidence' ? `${detail}, at most until ${until}` : `${detail} until ${until}`;
}

const verdictWords = { pass: 'passes', fail: 'fails', insufficient: 'has too little evidence' } as const;

function finished(
  { target, hop }: Pick<Extract<ThemisEvent, { type: 'step-finished' }>, 'target' | 'hop'>,
  outcome: Outcome,
  direction: 'forward' | 'back',
  durationMs: number,
): string | undefined {
  switch (outcome.kind) {
    case 'done':
      if (target.startsWith('stage/')) return `${hop === undefined ? '' : `hop ${hop}, `}${target}: open`;
      return `${target}: ${direction === 'forward' ? 'done' : 'taken back'} in ${formatDuration(durationMs)}`;
    case 'unchanged':
      return `${target}: ${direction === 'forward' ? 'unchanged, it has this already' : 'nothing to take back'}`;
    case 'failed':
      return `${target}: ${direction === 'forward' ? 'failed' : 'not taken back'}: ${failureText(outcome.failure)}`;
    case 'blocked':
      return undefined;
    case 'not-run':
      return `${target}: not run, ${outcome.reason}`;
  }
}

/** What to do about it stands below it, as it does below an error. */
function failureText({ message, hint }: Failure): string {
  return hint === undefined ? message : `${message}\nhint: ${hint}`;
}

/** `18:04:05` of an RFC 3339 instant. */
function clockOf(at: string): string {
  return at.slice(11, 19);
}
