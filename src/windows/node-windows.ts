/**
 * The right to touch nodes, for one target at one time. A node may be taken when all of its tenants are open at once,
 * for as long as the switch and its rollback need; blackouts beat windows; a tenant without windows is always open.
 * On top of the calendar: notice shifts the first instant, consent has to hold at the start, and an emergency approval
 * opens all of it. Never is proved before consent is asked for: nobody is asked in vain.
 *
 * Openings are expanded once for each set of windows, in blocks, when first asked for; an answer is then a search in a
 * short list. What is remembered never changes when a node may start.
 */
import type { Digest } from '../kernel/digest.ts';
import { formatDuration } from '../kernel/units/duration.ts';
import type { DesiredApproval, DesiredTenant } from '../model/desired.ts';
import { createCommonOpenings, type CommonOpenings } from './common-openings.ts';
import { blackoutText, windowsText } from './describe.ts';
import { createProver, searchLimit, type Search } from './never-proof.ts';
import { remember } from './remember.ts';
import { blockMs, createPatterns, openingsKey, restrictionsOf, type Restriction } from './restriction.ts';
import type { Opening } from './opening.ts';
import { dayMs } from './wall-clock.ts';
import { asksForConsent, consents, emergencyUntilMs } from './terms.ts';
import type { Blocker, NodeWindows, WindowAnswer, WindowRequest } from './window-answer.ts';

export interface WindowTerms {
  readonly tenants: readonly DesiredTenant[];
  readonly approvals: readonly DesiredApproval[];
  readonly target: Digest;
  /** When the tenants were told: notice counts from here. */
  readonly noticeAtMs: number;
  /** How far ahead a start may lie. Default: far enough for a proof, see never-proof.ts. */
  readonly horizonMs?: number;
}

const soon = 56 * dayMs;

/** The tenants of some nodes, and what is known of them together. */
interface Group {
  readonly tenants: readonly DesiredTenant[];
  readonly restrictions: readonly Restriction[];
  readonly openings: CommonOpenings;
  /** The longest lead time, and whose it is. */
  readonly notice: { readonly tenant: string; readonly leadMs: number } | undefined;
  proof: { readonly fromMs: number; readonly needMs: number; readonly blockers: readonly Blocker[] } | undefined;
}

/** Names of tenants that are not among `tenants` restrict nothing. */
export function createNodeWindows(terms: WindowTerms): NodeWindows {
  const { approvals, target, noticeAtMs, horizonMs } = terms;
  const groupOf = createGroups(terms.tenants);
  const consentUntilMs = consents(approvals, target);
  const emergencyMs = emergencyUntilMs(approvals, target);
  const isTimeless = horizonMs === undefined;
  const prover = createProver(isTimeless);

  function answer({ tenants, fromMs, needMs, critical }: WindowRequest): WindowAnswer {
    const group = groupOf(tenants);
    if (group === undefined || fromMs < emergencyMs) return openNow(fromMs);
    const noticeMs = group.notice === undefined ? -Infinity : noticeAtMs + group.notice.leadMs;
    const earliestMs = Math.max(fromMs, noticeMs);
    const limitMs = horizonMs === undefined ? searchLimit(group.restrictions, earliestMs) : earliestMs + horizonMs;
    const search = { fromMs: earliestMs, needMs, limitMs };
    const opening = knownNever(group, search) === undefined ? find(group, search) : undefined;
    if (opening === undefined) return { kind: 'never', blockers: blockersOf(group, search) };
    const startMs = Math.max(opening.startMs, earliestMs);
    const missing = group.tenants.filter(
      (tenant) => asksForConsent(tenant, critical) && (consentUntilMs.get(tenant.name) ?? -Infinity) <= startMs,
    );
    if (missing.length > 0) return { kind: 'consent', tenants: missing.map(({ name }) => name) };
    return {
      kind: 'open',
      startMs,
      opensAtMs: finite(opening.startMs),
      closesAtMs: finite(opening.endMs),
      because: startMs === fromMs ? null : heldBackBy(group, startMs, startMs === noticeMs),
    };
  }

  /** Never stays never, however late one asks, where the whole pattern was looked at. */
  function knownNever({ proof }: Group, { fromMs, needMs }: Search): readonly Blocker[] | undefined {
    if (proof === undefined || proof.needMs !== needMs) return undefined;
    const holds = isTimeless ? proof.fromMs <= fromMs : proof.fromMs === fromMs;
    return holds ? proof.blockers : undefined;
  }

  /** What fits fits soon, nearly always. Else two windows that never meet are found faster than a year is searched. */
  function find(group: Group, search: Search): Opening | undefined {
    const { fromMs, needMs, limitMs } = search;
    const soonMs = Math.min(limitMs, fromMs + soon);
    const opening = group.openings.nextFit(fromMs, needMs, soonMs);
    if (opening !== undefined || soonMs === limitMs) return opening;
    const blockers = isTimeless ? prover.quick(group.restrictions, search) : undefined;
    if (blockers === undefined) return group.openings.nextFit(fromMs, needMs, limitMs);
    group.proof = { fromMs, needMs, blockers };
    return undefined;
  }

  function blockersOf(group: Group, search: Search): readonly Blocker[] {
    const { fromMs, needMs } = search;
    const blockers = knownNever(group, search) ?? prover.whole(group.restrictions, search);
    group.proof = { fromMs, needMs, blockers };
    return blockers;
  }

  return { answer };
}

/** Nodes with the same tenants share a group; undefined where none of the tenants has terms of its own. */
function createGroups(all: readonly DesiredTenant[]): (names: readonly string[]) => Group | undefined {
  const patterns = createPatterns();
  const byName = new Map(all.map((tenant) => [tenant.name, tenant]));
  const restrictions = remember((tenant: DesiredTenant) => restrictionsOf(tenant, patterns));
  const openings = new Map<string, CommonOpenings>();
  const groups = new Map<string, Group>();

  function openingsOf(list: readonly Restriction[]): CommonOpenings {
    const key = openingsKey(list);
    const made = openings.get(key) ?? createCommonOpenings(list);
    openings.set(key, made);
    return made;
  }

  return (names) => {
    if (names.length === 0) return undefined;
    const key = names.join('\n');
    let group = groups.get(key);
    if (group === undefined) {
      const tenants = names.flatMap((name) => byName.get(name) ?? []);
      const list = tenants.flatMap(restrictions);
      group = {
        tenants,
        restrictions: list,
        openings: openingsOf(list),
        notice: longestNotice(tenants),
        proof: undefined,
      };
      groups.set(key, group);
    }
    return group;
  };
}

function longestNotice(tenants: readonly DesiredTenant[]): Group['notice'] {
  let longest: Group['notice'];
  for (const { name, policy } of tenants) {
    if (policy.noticeLeadTimeMs > (longest?.leadMs ?? 0)) longest = { tenant: name, leadMs: policy.noticeLeadTimeMs };
  }
  return longest;
}

function openNow(fromMs: number): WindowAnswer {
  return { kind: 'open', startMs: fromMs, opensAtMs: null, closesAtMs: null, because: null };
}

function finite(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}

/** What ended at `startMs`: a noun phrase that names the tenant. */
function heldBackBy({ restrictions, notice }: Group, startMs: number, byNotice: boolean): string {
  if (byNotice && notice !== undefined) return `${formatDuration(notice.leadMs)} of notice for tenant ${notice.tenant}`;
  const ended = restrictions.find((one) => endsAt(one, startMs));
  if (ended === undefined) return 'the windows of its tenants';
  if (ended.kind === 'blackout') return `the ${blackoutText(ended.blackout)} of tenant ${ended.tenant}`;
  return `the window of tenant ${ended.tenant} (${windowsText(ended.windows)})`;
}

function endsAt(one: Restriction, ms: number): boolean {
  if (one.kind === 'blackout') return one.closed.endMs === ms;
  const block = Math.floor(ms / blockMs);
  const opens = one.pattern.openIn(block).some(({ startMs }) => startMs === ms);
  return opens && one.pattern.openIn(block - 1).at(-1)?.endMs !== ms;
}
