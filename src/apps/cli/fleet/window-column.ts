import type { DesiredNode } from '../../../model/desired.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import { shortNames } from '../../../report/name-list.ts';
import { createNodeWindows } from '../../../windows/node-windows.ts';
import type { WindowAnswer } from '../../../windows/window-answer.ts';
import type { StatusFacts } from './fleet-status.ts';
import { expectedNeedMs, noticeStartMs } from './window-terms.ts';

/** The `window` column of `status`: whether a node may be touched now, else when or what for. */
export function createWindowColumn(facts: StatusFacts): (node: DesiredNode) => string {
  const { desired, target, record, nowMs } = facts;
  const { tenants, approvals } = desired;
  const noticeAtMs = noticeStartMs(record, target, nowMs);
  const windows = createNodeWindows({ tenants, approvals, target, noticeAtMs });
  const needMs = expectedNeedMs(record);
  return (node) => columnText(windows.answer({ tenants: node.tenants, fromMs: nowMs, needMs, critical: false }), nowMs);
}

function columnText(answer: WindowAnswer, nowMs: number): string {
  if (answer.kind === 'never') return 'never';
  if (answer.kind === 'consent') return `needs consent of ${shortNames(answer.tenants, 3)}`;
  if (answer.startMs > nowMs) return `opens ${minute(answer.startMs)}`;
  return answer.closesAtMs === null ? 'open' : `open until ${minute(answer.closesAtMs)}`;
}

/** `2026-11-21T18:00Z` */
function minute(ms: number): string {
  return `${formatInstant(ms).slice(0, 16)}Z`;
}
