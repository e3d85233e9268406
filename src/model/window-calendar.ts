/** What `themis windows` shows: when each tenant and each node may be touched within some days. Instants are RFC 3339 UTC. */
import type { Digest } from '../kernel/digest.ts';
import type { DesiredTenant } from './desired.ts';

export interface WindowCalendar {
  readonly fleet: { readonly name: string; readonly uid: string };
  /** Consent and emergency approvals are bound to it. */
  readonly target: Digest;
  readonly from: string;
  readonly to: string;
  /** Until when an emergency approval opens everything; null without one. */
  readonly emergencyUntil: string | null;
  readonly tenants: readonly TenantCalendar[];
  readonly nodes: readonly NodeSetCalendar[];
}

export interface TenantCalendar {
  readonly name: string;
  readonly priority: DesiredTenant['priority'];
  readonly nodes: readonly string[];
  /** As written, in one line; null: always open, but for blackouts. */
  readonly windows: string | null;
  /** All that overlap the days shown, whole. */
  readonly openings: readonly CalendarOpening[];
  readonly blackouts: readonly CalendarBlackout[];
  /** `until` is null where a consent that was given never expires. */
  readonly consent:
    | { readonly state: 'notAsked' }
    | { readonly state: 'needed' }
    | { readonly state: 'given'; readonly until: string | null };
  /** null: none is asked for. */
  readonly notice: { readonly leadMs: number; readonly until: string } | null;
}

export interface CalendarOpening {
  /** null: open since, or until, more than a year from here. */
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  /** Zone of the window that opens it. */
  readonly timezone: string;
  /** Wall-clock time there, as `2026-11-21T02:00`. */
  readonly opensLocal: string | null;
  readonly closesLocal: string | null;
  readonly closedBy: 'window' | 'blackout' | null;
}

export interface CalendarBlackout {
  readonly startsAt: string;
  readonly endsAt: string;
  readonly timezone: string;
  readonly reason: string | null;
}

/** Nodes that serve the same tenants. */
export interface NodeSetCalendar {
  readonly nodes: readonly string[];
  readonly tenants: readonly string[];
  /** Switch and rollback, which have to fit. */
  readonly needMs: number;
  /** The next common opening, consent aside; null: there is none. */
  readonly next: {
    readonly startsAt: string;
    readonly opensAt: string | null;
    readonly closesAt: string | null;
    /** What holds it back until then. */
    readonly because: string | null;
  } | null;
  /** Tenants whose consent is missing then. */
  readonly consentOf: readonly string[];
  /** Why there is none. */
  readonly blockers: readonly { readonly tenant: string; readonly kind: string; readonly detail: string }[];
}
