import { formatDuration } from '../kernel/units/duration.ts';
import type { Track } from './evidence/track.ts';
import { listed } from './numbers.ts';

/** Which of these nodes says nothing, or has stopped to; null: none. */
export function silence(nodes: readonly Track[], untilMs: number): string | null {
  const mute = nodes.filter((node) => node.evidence.size === 0);
  if (mute.length > 0) return `no usable readings of ${names(mute)} since the step`;
  const stale = nodes.filter((node) => untilMs - node.lastAtMs! > node.frame.parameters.staleMs);
  if (stale.length === 0) return null;
  const oldest = Math.min(...stale.map((node) => node.lastAtMs!));
  return `no reading of ${names(stale)} for ${formatDuration(untilMs - oldest)}`;
}

const names = (nodes: readonly Track[]): string => listed(nodes.map((node) => node.subject.node));

/** Whether one of them gave a reading lately. */
export function anyFresh(nodes: readonly Track[], untilMs: number): boolean {
  return nodes.some((node) => node.lastAtMs !== null && untilMs - node.lastAtMs <= node.frame.parameters.staleMs);
}

/** Whether nothing is left to compare with; null: something is. */
export function controlSilence(controls: readonly Track[], untilMs: number): string | null {
  return anyFresh(controls, untilMs) ? null : 'no control gives readings now';
}
