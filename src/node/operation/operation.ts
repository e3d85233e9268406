/**
 * One operation at work: what was asked for, and what follows from it. The spec stands in the journal's first entry,
 * so that whoever finds the journal can go on; everything else is read again from durable, digest-checked data.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { NodePhase } from '../../model/event.ts';
import type { NodeProgress, WantedRelease } from '../../model/message.ts';
import type { NodeContext } from '../context.ts';
import { readRestorePoint } from '../state/restore-point.ts';
import type { InstalledRecord, Stamps } from '../state/installed.ts';
import { checkManifest, installedRecordOf, readStagedManifest } from './staged-release.ts';
import { planTree } from './tree-plan.ts';
import type { Target, TreePlan } from './tree-plan.ts';

export interface OperationSpec {
  readonly kind: 'update' | 'rollback';
  readonly operation: string;
  /** Of an update. */
  readonly releases: readonly WantedRelease[];
  /** Where a rollback goes; null for an update. */
  readonly restoreTo: string | null;
  /** Made first, and where an undo returns to. */
  readonly restorePoint: string;
  /** Nobody asked for the restore point: it goes when the operation ends. */
  readonly temporary: boolean;
  /** RFC 3339 UTC; of the restore point too, so that making it twice gives the same bytes. */
  readonly acceptedAt: string;
  readonly healthTimeoutMs: number;
  /** The service when the operation was accepted: an undo returns to that, not to more. */
  readonly wasRunning: boolean;
  readonly wasHealthy: boolean;
  /** Whoever asked believed that another node leads: LEADS before the drain when that is not so. */
  readonly unlessLeading?: boolean;
  /** Nobody else could lead its group. */
  readonly mayGoLeaderless?: boolean;
}

export interface Operation {
  readonly context: NodeContext;
  readonly spec: OperationSpec;
  /** Of whoever carries it out now. */
  readonly token: number;
  progress(phase: NodePhase, doneBytes?: number, totalBytes?: number): void;
  target(): Promise<Target>;
  /** Needs the restore point. Both are read once; after a failure again. */
  plan(): Promise<TreePlan>;
  /** What the new tree looked like when it was verified last; undefined where that was another process. */
  verified: Stamps | undefined;
  /** Whether a drain may have begun: by another process, as far as is known, when the operation was taken up again. */
  mayBeDrained: boolean;
}

export function createOperation(
  context: NodeContext,
  spec: OperationSpec,
  token: number,
  onProgress: (progress: NodeProgress) => void,
  takenUp = false,
): Operation {
  let target: Promise<Target> | undefined;
  let plan: Promise<TreePlan> | undefined;
  const operation: Operation = {
    context,
    spec,
    token,
    verified: undefined,
    mayBeDrained: takenUp,
    progress(phase, doneBytes, totalBytes) {
      onProgress({
        kind: 'progress',
        phase,
        ...(doneBytes === undefined ? {} : { doneBytes }),
        ...(totalBytes === undefined ? {} : { totalBytes }),
      });
    },
    target() {
      target ??= readTarget(context, spec).catch((error: unknown) => {
        target = undefined;
        throw error;
      });
      return target;
    },
    plan() {
      plan ??= makePlan(operation).catch((error: unknown) => {
        plan = undefined;
        throw error;
      });
      return plan;
    },
  };
  return operation;
}

async function makePlan(operation: Operation): Promise<TreePlan> {
  const { context, spec } = operation;
  return planTree(await readRestorePoint(context, spec.restorePoint), await operation.target());
}

export async function readTarget(
  context: NodeContext,
  { releases, restoreTo }: Pick<OperationSpec, 'releases' | 'restoreTo'>,
): Promise<Target> {
  if (restoreTo !== null) return { kind: 'restore-point', point: await readRestorePoint(context, restoreTo) };
  const records = new Map<string, InstalledRecord>();
  for (const release of releases) {
    const manifest = await readStagedManifest(context, release);
    checkManifest(context, manifest);
    records.set(release.package, installedRecordOf(context, manifest));
  }
  return { kind: 'releases', records: Object.fromEntries(records) };
}

export function openingDetail(spec: OperationSpec): JsonObject {
  return { spec: { ...spec, releases: spec.releases.map((release) => ({ ...release })) } };
}

/** The spec that a journal was opened with. */
export function specOf(entries: readonly JournalEntry[]): OperationSpec {
  const [first] = entries;
  if (first?.event !== 'open' || first.detail === undefined) {
    throw new ThemisError('JOURNAL_DAMAGED', 'The journal does not start with what was asked for.');
  }
  return first.detail['spec'] as unknown as OperationSpec;
}
