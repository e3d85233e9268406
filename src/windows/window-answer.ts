/** What is asked of and answered about the right to touch a node: plain data, shared by planner and executor. */

export interface WindowRequest {
  /** Names of the tenants that the node serves. */
  readonly tenants: readonly string[];
  /** Not before this. Milliseconds since the epoch. */
  readonly fromMs: number;
  /** The estimated switch and, should that go wrong, its rollback: both end before anything closes. */
  readonly needMs: number;
  /** Whether a release that arrives is critical. */
  readonly critical: boolean;
}

export type WindowAnswer =
  /** `startMs` is the first instant at which the node may be taken; a window that is open now answers `fromMs`. */
  | {
      readonly kind: 'open';
      readonly startMs: number;
      /** Of the common window that holds `startMs`; null: open since, or until, beyond all that is looked at. */
      readonly opensAtMs: number | null;
      readonly closesAtMs: number | null;
      /** What held it back until `startMs`, in words that name the tenant; null where nothing did. */
      readonly because: string | null;
    }
  /** Only a person can open it: consent that is absent or has expired. */
  | { readonly kind: 'consent'; readonly tenants: readonly string[] }
  /** No instant within the horizon fits; the proof names everything that stands against it. */
  | { readonly kind: 'never'; readonly blockers: readonly Blocker[] };

export interface Blocker {
  readonly tenant: string;
  readonly kind: 'window' | 'blackout';
  /** One sentence. */
  readonly detail: string;
}

/** The right to touch nodes, for one target at one time: made of Desired, asked per node. Pure, and remembers. */
export interface NodeWindows {
  answer(request: WindowRequest): WindowAnswer;
}
