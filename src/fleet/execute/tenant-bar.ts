/**
 * Whether the tenants of a node let its step begin now: asked when a turn comes up and once more just before it begins,
 * because in between the releases were staged and a window may have closed. Taking back asks nobody.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { NodeWindows } from '../../windows/window-answer.ts';
import type { Bar, Turn } from '../line/turn.ts';

/** undefined: now is fine. */
export function barOf(turn: Turn, windows: NodeWindows, nowMs: number): Bar | undefined {
  const { tenants, needMs, critical } = turn;
  if (tenants.length === 0) return undefined;
  const answer = windows.answer({ tenants, fromMs: nowMs, needMs, critical });
  switch (answer.kind) {
    case 'open':
      if (answer.startMs <= nowMs) return undefined;
      return { on: 'window', untilMs: answer.startMs, because: answer.because };
    case 'consent':
      return { on: 'consent', tenants: answer.tenants };
    case 'never':
      return { on: 'never', blockers: answer.blockers };
  }
}

/** One sentence about a turn that is held back. */
export function barText({ step: { target } }: Turn, bar: Bar): string {
  switch (bar.on) {
    case 'window': {
      const because = bar.because === null ? 'its window' : bar.because;
      return `${target} waits for ${because}: it may start ${formatInstant(bar.untilMs)}`;
    }
    case 'consent': {
      const whose = bar.tenants.length === 1 ? 'tenant' : 'tenants';
      return `${target} waits for the consent of ${whose} ${bar.tenants.join(', ')}`;
    }
    case 'never': {
      const blockers = bar.blockers.map(({ detail }) => detail.replace(/\.$/u, ''));
      return `${target} can never start: ${blockers.join('; ')}`;
    }
  }
}
