import { isAlive } from '../../../../adapters/process/process-facts.ts';
import type { Finding } from '../../../../kernel/finding.ts';
import { formatInstant } from '../../../../kernel/units/instant.ts';
import type { Observed } from '../../../../model/observed.ts';
import type { ExecutionSummary, LeaseState, Store } from '../../../../ports/store.ts';
import { shortNames } from '../../../../report/name-list.ts';
import { wrong, type Check, type FleetSurroundings, type Looked } from '../check.ts';

const shownNames = 8;

/** Who holds the lock, what was left open in the store, and whether the nodes obey this store at all. */
export const coordinationCheck: Check<FleetSurroundings> = {
  name: 'coordination',
  async look({ session, observed, store }) {
    if (store instanceof Error) return unusable(store);
    const nowMs = session.clock.nowMs();
    const foreign = foreignNodes(observed, store?.id ?? null);
    if (store === null) return { detail: 'nothing was applied from this machine yet', findings: foreign };
    const [lease, open, { suspended }] = await Promise.all([
      store.lease.current(),
      store.openExecutionOf(),
      store.readSteering(),
    ]);
    const holder = holderOf(lease, nowMs);
    const findings = [...foreign, ...leftLock(lease, holder), ...leftOpen(open, holder)];
    if (suspended !== null) {
      const summary = `The fleet is suspended by ${suspended.by}: ${suspended.reason}.`;
      findings.push({ severity: 'warning', code: 'THM6094', summary, fix: 'Run: themis resume' });
    }
    return {
      detail: holder === null ? 'nobody holds the lock, no rollout is open' : `${holder} holds the lock`,
      findings,
    };
  },
};

function unusable({ message }: Error): Looked {
  const fix = 'Restore the state directory from a backup, or set THEMIS_STATE_DIR to where it is.';
  return wrong('error', 'THM6090', `The state of the fleet cannot be opened: ${message}`, fix);
}

/** null: nobody who can still act holds it. */
function holderOf(lease: LeaseState | null, nowMs: number): string | null {
  if (lease === null || lease.expiresAt <= formatInstant(nowMs) || !isAlive(lease.holder)) return null;
  return `${lease.holder.who} (pid ${lease.holder.pid}, ${lease.holder.purpose})`;
}

function leftLock(lease: LeaseState | null, holder: string | null): Finding[] {
  if (lease === null || holder !== null) return [];
  const { who, pid } = lease.holder;
  const summary = `${who} (pid ${pid}) left the lock behind at ${lease.acquiredAt}.`;
  return [{ severity: 'warning', code: 'THM6093', summary, fix: 'Nothing: the next command takes it.' }];
}

function leftOpen(open: ExecutionSummary | null, holder: string | null): Finding[] {
  if (open === null || holder !== null) return [];
  const summary = `${open.id} by ${open.by}, started ${open.startedAt}, was left open.`;
  const fix = 'Go on with `themis apply`, or end it with `themis cancel`.';
  return [{ severity: 'warning', code: 'THM6092', summary, fix }];
}

/** One finding a store, whatever the number of nodes that obey it. */
function foreignNodes(observed: Observed, store: Store['id'] | null): Finding[] {
  const foreign = new Map<string, string[]>();
  for (const node of observed.nodes) {
    if (!node.reachable || node.store === null || node.store === store) continue;
    foreign.set(node.store, [...(foreign.get(node.store) ?? []), node.name]);
  }
  const has = store === null ? 'this machine has none for the fleet' : `this machine has ${store}`;
  const fix =
    'Run Themis where that store is, or bring its state directory here. If it is lost for good: themis node adopt';
  return [...foreign].map(([other, names]): Finding => {
    const obeys = names.length === 1 ? 'obeys' : 'obey';
    const summary = `${shortNames(names, shownNames)} ${obeys} the coordination store ${other}; ${has}.`;
    return { severity: 'error', code: 'THM6074', summary, fix };
  });
}

export const operationsCheck: Check<FleetSurroundings> = {
  name: 'operations',
  look({ observed }) {
    const findings: Finding[] = [];
    const running: string[] = [];
    for (const node of observed.nodes) {
      if (!node.reachable || node.operation === null) continue;
      const { id, kind, state } = node.operation;
      if (state === 'running') running.push(`${kind} on ${node.name}`);
      else {
        const summary = `The ${kind} ${id} on ${node.name} was cut off.`;
        const fix = 'Run `themis apply`, which ends it first, or on the node: themis node recover';
        findings.push({ severity: 'warning', code: 'THM6091', summary, fix });
      }
    }
    const detail = running.length === 0 ? 'none is open on any node' : `running: ${running.join(', ')}`;
    return Promise.resolve({ detail, findings });
  },
};
