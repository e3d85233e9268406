/** What a check of `themis doctor` is: a name, a function that only looks, and what it found. */
import type { Desired } from '../../../model/desired.ts';
import type { Finding, FindingCode, Severity } from '../../../kernel/finding.ts';
import type { Observed } from '../../../model/observed.ts';
import type { Catalogue } from '../../../model/release.ts';
import type { PlanSource } from '../../../model/plan.ts';
import type { Git } from '../../../ports/git.ts';
import type { Store } from '../../../ports/store.ts';
import type { Session } from '../command.ts';

/** What every check may look at. */
export interface Surroundings {
  readonly session: Session;
  /** Absolute. */
  readonly directory: string;
  readonly git: Git;
}

/** What checks of a fleet may look at besides; made once, because asking every node costs time. */
export interface FleetSurroundings extends Surroundings {
  readonly desired: Desired;
  /** Paths of the desired state, relative to `directory`. */
  readonly files: readonly string[];
  readonly source: PlanSource;
  readonly observed: Observed;
  /** What is wrong with reading the releases stands in its place. */
  readonly catalogue: Catalogue | Error;
  /** null: this machine never applied anything to the fleet; what is wrong with opening it stands in its place. */
  readonly store: Store | Error | null;
}

export interface Check<World> {
  /** One or two words, at the start of its line. */
  readonly name: string;
  look(world: World): Promise<Looked>;
}

export interface Looked {
  /** One line: what was seen when nothing is wrong. */
  readonly detail: string;
  readonly findings: readonly Finding[];
}

export function fine(detail: string): Looked {
  return { detail, findings: [] };
}

export function wrong(severity: Severity, code: FindingCode, summary: string, fix: string): Looked {
  return { detail: summary, findings: [{ severity, code, summary, fix }] };
}
