import type { DesiredApproval, DesiredNode, DesiredTenant } from '../../model/desired.ts';
import type { EventBody } from '../../model/event.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { ReleaseLocator, WantedRelease } from '../../model/message.ts';
import type { Observed } from '../../model/observed.ts';
import type { Plan } from '../../model/plan.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExecutionHeader, Store } from '../../ports/store.ts';
import type { Transport } from '../../ports/transport.ts';
import type { MetricsSource } from '../evidence/sources.ts';
import type { FleetSchemas } from '../schema/schema-task.ts';
import type { ActionLookup } from '../line/program.ts';
import type { StepperPolicy } from './decision.ts';

export interface FleetPorts {
  readonly transport: Transport;
  readonly store: Store;
  readonly clock: Clock;
  /** Where gates find their readings; absent: nowhere, and what they need is never enough. */
  readonly metrics?: MetricsSource;
  /** Absent: the fleet has no databases of its own. */
  readonly schemas?: FleetSchemas;
}

export interface ExecutionRequest {
  readonly header: ExecutionHeader;
  readonly plan: Plan;
  /** Every node of the fleet, those without steps too. */
  readonly nodes: readonly DesiredNode[];
  /** Whose windows, notice and consent count; a rollback asks nobody. */
  readonly tenants: readonly DesiredTenant[];
  /** Fresh: seen after the lease was taken and open operations were recovered. */
  readonly observed: Observed;
  /** Of the execution that is resumed; null for a new one. */
  readonly journal: readonly JournalEntry[] | null;
  readonly record: RolloutRecord;
  /** Node names by stage, over all selected nodes; what the plan tells where it is absent. */
  readonly membership?: readonly (readonly string[])[];
  readonly token: number;
  readonly actions: ActionLookup;
  readonly policy: StepperPolicy;
  /** Where a node finds a release. Throws NOT_FOUND. */
  readonly locate: (node: DesiredNode, release: WantedRelease) => ReleaseLocator;
  /** Read again while a gate or a tenant is waited for. */
  readonly approvals: () => Promise<readonly DesiredApproval[]>;
  readonly emit: (event: EventBody) => void;
  /** First interrupt: staging ends, nodes in hand finish, nothing else starts. */
  readonly soft: AbortSignal;
  /** Second: do not wait for them. */
  readonly hard: AbortSignal;
  /** The lease was lost; its reason is the error. */
  readonly lost: AbortSignal;
}
