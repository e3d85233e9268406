/**
 * What people allow, read from the desired state while a run goes on: approvals, and the windows that follow from them.
 * Reading may mean reading a whole repository, so it is done when it can matter and no more often than said. What has
 * not changed is not told again.
 */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { DesiredApproval, DesiredTenant } from '../../model/desired.ts';
import type { Clock } from '../../ports/clock.ts';
import { createNodeWindows } from '../../windows/node-windows.ts';
import type { NodeWindows } from '../../windows/window-answer.ts';

export interface PermitTerms {
  readonly target: Digest;
  /** Empty: nobody is asked, as on a rollback. */
  readonly tenants: readonly DesiredTenant[];
  /** When the tenants were told. */
  readonly noticeAtMs: number;
}

export class Permits {
  readonly #read: () => Promise<readonly DesiredApproval[]>;
  readonly #terms: PermitTerms;
  readonly #clock: Clock;
  readonly #tell: (approvals: readonly DesiredApproval[], windows: NodeWindows) => void;
  #readMs = -Infinity;
  #known = '';

  constructor(
    terms: PermitTerms,
    read: () => Promise<readonly DesiredApproval[]>,
    clock: Clock,
    tell: (approvals: readonly DesiredApproval[], windows: NodeWindows) => void,
  ) {
    this.#terms = terms;
    this.#read = read;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Reads them when they are older than this. */
  async refresh(maxAgeMs = 0): Promise<void> {
    if (this.#clock.steadyMs() - this.#readMs < maxAgeMs) return;
    const approvals = await this.#read();
    this.#readMs = this.#clock.steadyMs();
    const known = canonicalJson(approvals.map((one) => ({ ...one, expiresAt: one.expiresAt ?? null })));
    if (known === this.#known) return;
    this.#known = known;
    this.#tell(approvals, createNodeWindows({ ...this.#terms, approvals }));
  }
}
