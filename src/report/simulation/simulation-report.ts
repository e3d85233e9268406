/** What a simulated rollout came to: the data behind its text, and its JSON. Nothing in it depends on the machine. */
export interface SimulationReport {
  readonly formatVersion: '1.0';
  readonly fleet: string;
  readonly nodes: number;
  readonly clusters: number;
  readonly tenants: number;
  /** null: a quiet run. */
  readonly seed: number | null;
  readonly packages: readonly { readonly package: string; readonly from: string | null; readonly to: string }[];
  /** Faults drawn before the start, in words. */
  readonly weather: readonly string[];
  /** RFC 3339 UTC, simulated. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly simulatedMs: number;
  /** Runs of `apply`, those that were killed among them. */
  readonly runs: number;
  /** Timers of the simulated clock, and messages between coordinator and nodes. */
  readonly events: number;
  readonly calls: number;
  readonly timeline: readonly TimelineEntry[];
  readonly faults: Readonly<Record<string, number>>;
  readonly result: SimulatedResult;
  readonly invariants: readonly InvariantCount[];
  /** The first ones; of the first with what led up to it. */
  readonly violations: readonly SimulatedViolation[];
}

export interface SimulatedResult {
  /** Of the last execution; `refused` and `incomplete` when there was none, `unfinished` when it found no end. */
  readonly result: string;
  readonly exitCode: number | null;
  readonly detail: string;
  /** How many nodes have which versions. */
  readonly versions: Readonly<Record<string, number>>;
}

export interface TimelineEntry {
  readonly from: string;
  readonly to: string;
  /** Milliseconds since the start. */
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly kind: 'plan' | 'stage' | 'wait' | 'verdict' | 'promote' | 'fault' | 'rollback' | 'run' | 'end';
  readonly text: string;
}

export interface InvariantCount {
  readonly name: string;
  readonly promise: string;
  readonly grace: string | null;
  readonly checks: number;
  readonly violations: number;
}

export interface SimulatedViolation {
  readonly invariant: string;
  readonly at: string;
  readonly detail: string;
  readonly trace: readonly string[];
}
