/**
 * Certificate policies along a path as the graph of RFC 9618 (which replaces the tree of RFC 5280 6.1 with the same
 * answers and cannot grow beyond what the certificates list). A level holds the policies that are valid at one
 * certificate; a node without parents stands below anyPolicy. The answer matters only where a policy is required.
 */
import { refuse } from '../../refusal.ts';
import type { Certificate } from '../certificate.ts';
import { anyPolicy, type PolicyMapping } from './read-policies.ts';

/** What RFC 5280 6.1.1 takes as input beside the certificates. */
export interface InitialPolicies {
  /** Object identifiers; one of them being anyPolicy means all. */
  readonly acceptable: readonly string[];
  readonly requireExplicit: boolean;
  readonly inhibitMapping: boolean;
  readonly inhibitAny: boolean;
}

/** Nothing is asked for but what the certificates ask of each other. */
export const openPolicies: InitialPolicies = {
  acceptable: [anyPolicy],
  requireExplicit: false,
  inhibitMapping: false,
  inhibitAny: false,
};

interface Level {
  /** Policy to the policies of the level above that lead to it. */
  nodes: Map<string, Set<string>>;
  hasAny: boolean;
}

interface Counters {
  explicit: number;
  mapping: number;
  any: number;
}

/** `certificates`: below the anchor, the leaf last. Refuses with CERT_POLICY_*. */
export function checkPolicies(
  anchor: Certificate,
  certificates: readonly Certificate[],
  initial: InitialPolicies,
): void {
  const length = certificates.length + 1;
  const counters: Counters = {
    explicit: initial.requireExplicit ? 0 : length,
    mapping: initial.inhibitMapping ? 0 : length,
    any: initial.inhibitAny ? 0 : length,
  };
  // What an anchor's own certificate demands holds below it (RFC 5937 3.2).
  lower(counters, anchor);
  const levels: Level[] = [];
  let next: Level = { nodes: new Map(), hasAny: true };
  for (const [index, certificate] of certificates.entries()) {
    const isLeaf = index === certificates.length - 1;
    const isAnyAllowed = counters.any > 0 || (!isLeaf && certificate.isSelfIssued);
    const level = restrict(next, certificate.extensions.policies, isAnyAllowed);
    levels.push(level);
    if (isLeaf) break;
    next = map(level, certificate.extensions.policyMappings, counters.mapping > 0);
    // RFC 5280 6.1.4 (h): self-issued certificates do not count.
    if (!certificate.isSelfIssued) countDown(counters);
    lower(counters, certificate);
  }
  const leaf = certificates.at(-1)!;
  const isRequired = counters.explicit <= 1 || leaf.extensions.policyConstraints?.requireExplicit === 0;
  if (isRequired && !isAnyAccepted(levels, initial.acceptable))
    refuse('CERT_POLICY_REQUIRED', 'The certificates require a policy, and no acceptable one holds for all of them.');
}

function countDown(counters: Counters): void {
  counters.explicit = Math.max(0, counters.explicit - 1);
  counters.mapping = Math.max(0, counters.mapping - 1);
  counters.any = Math.max(0, counters.any - 1);
}

/** RFC 5280 6.1.4 (i), (j). */
function lower(counters: Counters, { extensions }: Certificate): void {
  counters.explicit = Math.min(counters.explicit, extensions.policyConstraints?.requireExplicit ?? Infinity);
  counters.mapping = Math.min(counters.mapping, extensions.policyConstraints?.inhibitMapping ?? Infinity);
  counters.any = Math.min(counters.any, extensions.inhibitAnyPolicy ?? Infinity);
}

/** RFC 5280 6.1.3 (d), (e): what the certificate lists, of what may be valid here. */
function restrict(expected: Level, policies: ReadonlySet<string> | null, isAnyAllowed: boolean): Level {
  if (policies === null) return { nodes: new Map(), hasAny: false };
  const listsAny = policies.has(anyPolicy) && isAnyAllowed;
  const nodes = new Map([...expected.nodes].filter(([policy]) => listsAny || policies.has(policy)));
  if (expected.hasAny) {
    for (const policy of policies) if (policy !== anyPolicy && !nodes.has(policy)) nodes.set(policy, new Set());
  }
  return { nodes, hasAny: expected.hasAny && listsAny };
}

/** RFC 5280 6.1.4 (a), (b): what may be valid at the next certificate. Adds to `level` what a mapping makes of anyPolicy. */
function map(level: Level, mappings: readonly PolicyMapping[], isAllowed: boolean): Level {
  if (mappings.some(({ issuer, subject }) => issuer === anyPolicy || subject === anyPolicy))
    refuse('CERT_POLICY_MAPPING_ANY', 'A policy mapping names anyPolicy.');
  const mapped = new Set(mappings.map(({ issuer }) => issuer));
  if (!isAllowed) {
    for (const policy of mapped) level.nodes.delete(policy);
  } else if (level.hasAny) {
    for (const policy of mapped) if (!level.nodes.has(policy)) level.nodes.set(policy, new Set());
  }
  const nodes = new Map<string, Set<string>>();
  const add = (policy: string, parent: string): void => {
    const parents = nodes.get(policy) ?? new Set();
    nodes.set(policy, parents.add(parent));
  };
  for (const policy of level.nodes.keys()) if (!mapped.has(policy)) add(policy, policy);
  for (const { issuer, subject } of mappings) if (level.nodes.has(issuer)) add(subject, issuer);
  return { nodes, hasAny: level.hasAny };
}

/** RFC 5280 6.1.5 (g): whether a policy that holds for the leaf is, in the anchor's terms, one of the acceptable. */
function isAnyAccepted(levels: readonly Level[], acceptable: readonly string[]): boolean {
  const last = levels.at(-1)!;
  if (last.hasAny) return acceptable.length > 0;
  if (acceptable.includes(anyPolicy)) return last.nodes.size > 0;
  let reached = new Set(last.nodes.keys());
  for (const level of levels.toReversed()) {
    const above = new Set<string>();
    for (const policy of reached) {
      const parents = level.nodes.get(policy)!;
      if (parents.size === 0 && acceptable.includes(policy)) return true;
      for (const parent of parents) above.add(parent);
    }
    reached = above;
  }
  return false;
}
