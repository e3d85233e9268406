import { openReleaseSource } from '../../../../adapters/release-source/index.ts';
import { parseInstant } from '../../../../kernel/units/instant.ts';
import type { DesiredNode } from '../../../../model/desired.ts';
import { checkIndex } from '../../../../trust/policy/check-index.ts';
import type { TrustStore } from '../../../../trust/policy/trust-store.ts';
import { fine, wrong, type Check, type FleetSurroundings, type Looked } from '../check.ts';
import { storeOf } from '../../../agent/release-access.ts';
import { readNodeTrust } from '../node-trust.ts';

const soonMs = 7 * 24 * 3_600_000;
const indexAgain = 'Run: themis release index DIR --key FILE --certificate FILE';

/** The index as the nodes see it: checked against the anchors of every node, each distinct set once. */
export const releasesCheck: Check<FleetSurroundings> = {
  name: 'releases',
  async look(world) {
    const { desired, directory, catalogue, session } = world;
    if (catalogue instanceof Error) {
      return wrong('error', 'THM6061', `The releases cannot be read: ${catalogue.message}`, indexAgain);
    }
    const { bytes, signature, index } = await openReleaseSource(desired.fleet.releases, {
      directory,
      environment: session.environment,
      clock: session.clock,
    }).readIndex();
    const nowMs = session.clock.nowMs();
    const seen = new Set<string>();
    for (const node of desired.fleet.nodes) {
      const trust = await trustOf(world, node);
      if (trust === undefined || seen.has(markOf(trust))) continue;
      seen.add(markOf(trust));
      const checked = checkIndex({ index: bytes, signature, trust, nowMs });
      if (!checked.ok) {
        const summary = `The release index is refused by the anchors of ${node.name}: ${checked.message}`;
        return wrong('error', 'THM6062', summary, indexAgain);
      }
    }
    return freshness(nowMs, index.expiresAt, index.entries.length, seen.size);
  },
};

function freshness(nowMs: number, expiresAt: string, count: number, sets: number): Looked {
  const leftMs = (parseInstant(expiresAt) ?? 0) - nowMs;
  if (leftMs <= 0) return wrong('error', 'THM6063', `The release index expired at ${expiresAt}.`, indexAgain);
  if (leftMs < soonMs) return wrong('warning', 'THM6064', `The release index expires at ${expiresAt}.`, indexAgain);
  if (sets === 0) {
    const summary = 'No node has anchors that could be read, so nothing says whether the release index is trusted.';
    return wrong('warning', 'THM6065', summary, 'Make the nodes with: themis node init DIR --anchors FILE');
  }
  return fine(`index of ${count}, signed, fresh until ${expiresAt}`);
}

async function trustOf({ directory, session }: FleetSurroundings, node: DesiredNode) {
  const files = await readNodeTrust(directory, node, session.clock);
  if (files === null || files instanceof Error) return undefined;
  const store = storeOf(files);
  return store.ok ? store.trust : undefined;
}

function markOf({ anchors, crls }: TrustStore): string {
  return [anchors.digest, ...crls.map(({ fingerprint }) => fingerprint)].join(' ');
}
