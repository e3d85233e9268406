import { openReleaseSource } from '../../../../adapters/release-source/index.ts';
import { parseInstant } from '../../../../kernel/units/instant.ts';
import type { DesiredNode } from '../../../../model/desired.ts';
import { checkIndex } from '../../../../trust/policy/check-index.ts';
import { parseAnchors } from '../../../../trust/policy/anchors.ts';
import { fine, wrong, type Check, type FleetSurroundings, type Looked } from '../check.ts';
import { readNodeAnchors } from '../node-anchors.ts';

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
    const { bytes, signature, index } = await openReleaseSource(desired.fleet.releases, directory).readIndex();
    const nowMs = session.clock.nowMs();
    const seen = new Set<string>();
    for (const node of desired.fleet.nodes) {
      const set = await anchorsOf(world, node);
      if (set === undefined || seen.has(set.digest)) continue;
      seen.add(set.digest);
      const checked = checkIndex({ index: bytes, signature, trust: { anchors: set, crls: [] }, nowMs });
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

async function anchorsOf({ directory, session }: FleetSurroundings, node: DesiredNode) {
  const bytes = await readNodeAnchors(directory, node, session.clock);
  const parsed = bytes instanceof Uint8Array ? parseAnchors(bytes) : undefined;
  return parsed?.ok === true ? parsed.anchors : undefined;
}
