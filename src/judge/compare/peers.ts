/** Who is compared with whom: new nodes with concurrent nodes of the old revision that have the same role. */
import type { Track } from '../evidence/track.ts';

/** Nodes of one role; both lists have members. */
export interface Peers {
  readonly canaries: readonly Track[];
  readonly controls: readonly Track[];
}

/** Everyone who takes part, role by role. */
export function tracksOf(peers: readonly Peers[]): readonly Track[] {
  return peers.flatMap(({ canaries, controls }) => [...canaries, ...controls]);
}

/** By role; new nodes of a role without controls take no part. */
export function peersOf(canaries: readonly Track[], controls: readonly Track[]): readonly Peers[] {
  return (['follower', 'leader', 'unknown'] as const)
    .map((role) => ({
      canaries: canaries.filter((track) => track.subject.role === role),
      controls: controls.filter((track) => track.subject.role === role),
    }))
    .filter((peers) => peers.canaries.length > 0 && peers.controls.length > 0);
}
