/**
 * Through which releases a node reaches what it should run: nothing in between in most cases, else whole sets of
 * packages, each one switch. Worked out once for all nodes that have the same packages and should run the same.
 */
import type { Packages } from '../change/node-state.ts';
import type { TargetPackage, Targets, TargetSet } from '../target/target-sets.ts';

export type HopPath =
  /** What each hop before the last puts on the node, in order; empty: the target is one switch away. */
  | { readonly kind: 'path'; readonly hops: readonly (readonly TargetPackage[])[] }
  | { readonly kind: 'none'; readonly because: string; readonly fix: string };

export type HopPaths = (set: TargetSet, before: Packages, targets: Targets) => HopPath;
