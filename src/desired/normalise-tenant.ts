/** A Tenant document that passed every check to `DesiredTenant`: defaults filled in, days in order, lists sorted. */
import { canonicalJson } from '../kernel/canonical-json.ts';
import { compareText } from '../kernel/finding.ts';
import type { JsonObject } from '../kernel/json.ts';
import { parseDuration } from '../kernel/units/duration.ts';
import type { DesiredBlackout, DesiredTenant, DesiredWindow, Weekday } from '../model/desired.ts';
import type * as documents from '../model/documents.ts';
import { canonicalSpec } from './schema/canonical-spec.ts';

const week: readonly Weekday[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export function normaliseTenant({ metadata, spec }: documents.Tenant): DesiredTenant {
  const { blackouts = [] } = canonicalSpec('Tenant', ['spec'], spec) as { blackouts?: readonly JsonObject[] };
  const { autoUpdate = true, criticalAutoUpdate = true, noticeLeadTime = '0s', consent = 'none' } = spec.policy ?? {};
  return {
    name: metadata.name,
    priority: spec.priority ?? 'normal',
    windows: sorted((spec.windows ?? []).map(normaliseWindow)),
    blackouts: sorted((blackouts as unknown as readonly documents.Blackout[]).map(normaliseBlackout)),
    policy: { autoUpdate, criticalAutoUpdate, noticeLeadTimeMs: parseDuration(noticeLeadTime)!, consent },
  };
}

function normaliseWindow({ days, from, to, timezone }: documents.Window): DesiredWindow {
  return { days: days === undefined ? week : week.filter((day) => days.includes(day)), from, to, timezone };
}

function normaliseBlackout({ from, to, timezone = 'UTC', reason }: documents.Blackout): DesiredBlackout {
  return { from, to, timezone, reason };
}

function sorted<T extends object>(list: readonly T[]): readonly T[] {
  const keyed = list.map((item) => [canonicalJson({ ...item } as JsonObject), item] as const);
  return keyed.sort(([a], [b]) => compareText(a, b)).map(([, item]) => item);
}
