/**
 * Where events of a run go: `-o jsonl` streams them to stdout; a terminal gets a live view on stderr; anything else
 * one line a phase change on stderr. The data that a command prints is not mixed with it.
 */
import { createLogUpdate } from 'log-update';
import { formatInstant } from '../../kernel/units/instant.ts';
import type { EventBody, ThemisEvent } from '../../model/event.ts';
import { createEventLines, describeEvent, noteOf } from '../../report/live/event-lines.ts';
import { emptyLive, live, liveFrame } from '../../report/live/live-view.ts';
import type { Session } from './command.ts';

export interface Progress {
  emit(event: EventBody): void;
  /** Takes the live view away; what was said stays. */
  close(): void;
}

const frameMs = 100;

export function createProgress(session: Session, format: 'text' | 'jsonl'): Progress {
  const emitAll = (write: (event: ThemisEvent) => void): Progress['emit'] => {
    return (body) => write({ at: formatInstant(session.clock.nowMs()), ...body });
  };
  if (format === 'jsonl') {
    const emit = emitAll((event) => session.out.write(`${JSON.stringify(event)}\n`));
    emit({ type: 'version', formatVersion: '1.0', themisVersion: session.themisVersion });
    return { emit, close: () => {} };
  }
  if (session.verbosity === 'quiet') return { emit: () => {}, close: () => {} };
  return session.err.isTerminal ? liveProgress(session, emitAll) : lineProgress(session, emitAll);
}

type EmitAll = (write: (event: ThemisEvent) => void) => Progress['emit'];

function lineProgress(session: Session, emitAll: EmitAll): Progress {
  const lineOf = createEventLines();
  const emit = emitAll((event) => {
    const line = lineOf(event);
    if (line !== undefined) session.err.write(`${line}\n`);
  });
  return { emit, close: () => {} };
}

/** Steps that ended scroll past above the frame; what is in hand is drawn below, ten times a second. */
function liveProgress(session: Session, emitAll: EmitAll): Progress {
  const draw = createLogUpdate(process.stderr);
  let state = emptyLive;
  const frame = (): void => {
    if (state.execution === '' || state.result !== null) return;
    draw(liveFrame(state, session.clock.nowMs(), session.err.columns, process.stderr.rows ?? 24));
  };
  const timer = setInterval(frame, frameMs);
  timer.unref();
  const emit = emitAll((event) => {
    state = live(state, event);
    const lasting = event.type === 'step-finished' || event.type === 'rolling-back' || event.type === 'leader-moved';
    const line = event.type === 'step-progress' ? noteOf(event) : lasting ? describeEvent(event) : undefined;
    if (line === undefined) return;
    draw.clear();
    session.err.write(`${line}\n`);
    frame();
  });
  return {
    emit,
    close: () => {
      clearInterval(timer);
      draw.clear();
      draw.done();
    },
  };
}
