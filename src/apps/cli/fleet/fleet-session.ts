/**
 * A fleet as commands meet it: its directory read and checked, its coordination store open, its nodes in reach. One
 * place opens it and closes it, whatever happens in between.
 */
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { desiredDigest, targetDigest } from '../../../desired/digests.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Digest } from '../../../kernel/digest.ts';
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import type { Desired } from '../../../model/desired.ts';
import type { PlanSource } from '../../../model/plan.ts';
import type { Store } from '../../../ports/store.ts';
import type { Transport } from '../../../ports/transport.ts';
import { findingsText } from '../../../report/findings.ts';
import { createNodeTransport } from '../../agent/node-deps.ts';
import type { Session } from '../command.ts';
import type { PlanSources } from './make-plan.ts';
import { paintFor } from '../paint.ts';
import { createPlanSources, openFleetStore } from './plan-sources.ts';

export interface FleetSession {
  /** Absolute. */
  readonly directory: string;
  readonly desired: Desired;
  /** Warnings of the desired state. */
  readonly findings: readonly Finding[];
  readonly source: PlanSource;
  readonly digests: { readonly desiredDigest: Digest; readonly targetDigest: Digest };
  readonly sources: PlanSources;
  readonly store: Store;
  readonly transport: Transport;
}

/** Findings go to stderr and the exit code is 3 when the desired state is not valid. */
export async function withFleet(
  session: Session,
  path: string,
  work: (fleet: FleetSession) => Promise<number>,
): Promise<number> {
  const directory = resolve(session.directory, path);
  const sources = createPlanSources(session);
  const { desired, findings, source } = await sources.loadFleet(directory, undefined);
  if (desired === undefined || hasErrors(findings)) {
    printFindings(session, findings);
    return exitCode.invalid;
  }
  const store = openFleetStore(session, desired);
  try {
    const digests = { desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) };
    const transport = createNodeTransport(directory, session);
    return await work({ directory, desired, findings, source, digests, sources, store, transport });
  } finally {
    await store.close();
  }
}

export function printFindings(session: Session, findings: readonly Finding[]): void {
  session.err.write(findingsText(findings, paintFor(session.err)));
}

/** `user@host`, for history and for who reads it. */
export function whoAmI(): string {
  let user = 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // A user id without an entry in the user database: containers.
  }
  return `${user}@${hostname()}`;
}
