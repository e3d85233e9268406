/** Tenants and windows in a line each, and the answers for them. */
import type { Digest } from '../../src/kernel/digest.ts';
import type { DesiredApproval, DesiredTenant, DesiredWindow, TenantPolicy, Weekday } from '../../src/model/desired.ts';
import { createNodeWindows } from '../../src/windows/node-windows.ts';
import type { NodeWindows, WindowAnswer } from '../../src/windows/window-answer.ts';

export const target: Digest = `sha256:${'a'.repeat(64)}`;
export const daily: readonly Weekday[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const open: TenantPolicy = { autoUpdate: true, criticalAutoUpdate: true, noticeLeadTimeMs: 0, consent: 'none' };

/** `02:00-06:00 Europe/Berlin`. */
export function window(text: string, days: readonly Weekday[] = daily): DesiredWindow {
  const [, from = '', to = '', timezone = ''] = /^(\S+)-(\S+) (\S+)$/u.exec(text) ?? [];
  return { days, from, to, timezone };
}

export function tenant(
  name: string,
  terms: Partial<Pick<DesiredTenant, 'windows' | 'blackouts' | 'priority'>> & { policy?: Partial<TenantPolicy> } = {},
): DesiredTenant {
  const { windows = [], blackouts = [], priority = 'normal', policy } = terms;
  return { name, priority, windows, blackouts, policy: { ...open, ...policy } };
}

export function approval(subject: DesiredApproval['subject'], change: Partial<DesiredApproval> = {}): DesiredApproval {
  return { name: 'a', target, subject, by: 'ops', reason: 'test', expiresAt: undefined, ...change };
}

export interface Asked {
  readonly tenants: readonly DesiredTenant[];
  readonly approvals?: readonly DesiredApproval[];
  readonly from: string;
  readonly needMinutes?: number;
  readonly critical?: boolean;
  readonly noticeAt?: string;
  readonly horizonDays?: number;
}

export function windowsFor({ tenants, approvals = [], from, noticeAt = from, horizonDays }: Asked): NodeWindows {
  return createNodeWindows({
    tenants,
    approvals,
    target,
    noticeAtMs: ms(noticeAt),
    ...(horizonDays === undefined ? {} : { horizonMs: horizonDays * 86_400_000 }),
  });
}

/** For a node that serves all of them. */
export function ask(asked: Asked): WindowAnswer {
  const { tenants, from, needMinutes = 1, critical = false } = asked;
  const names = tenants.map(({ name }) => name);
  return windowsFor(asked).answer({ tenants: names, fromMs: ms(from), needMs: needMinutes * 60_000, critical });
}

/** `2026-03-29T00:30Z to 2026-03-29T01:00Z` of an answer that is open; else its kind. */
export function spanOf(answer: WindowAnswer): string {
  if (answer.kind !== 'open') return answer.kind;
  return [answer.opensAtMs, answer.closesAtMs].map((at) => (at === null ? '...' : minute(at))).join(' to ');
}

export function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}

export function ms(instant: string): number {
  return Temporal.Instant.from(instant).epochMilliseconds;
}
