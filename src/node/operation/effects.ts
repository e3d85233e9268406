/**
 * What each step does, and how it is taken back. A step may be carried out several times (a crash in its middle), so
 * each looks before it acts. Nothing here decides what comes next: `step.ts` does.
 */
import type { JsonObject } from '../../kernel/json.ts';
import { checkToken, changeRecord } from '../state/authority.ts';
import { type InstalledRecords, writeInstalled } from '../state/installed.ts';
import type { NodeRecord } from '../state/node-record.ts';
import { makeRestorePoint } from '../state/restore-point.ts';
import type { Operation } from './operation.ts';
import { nodeSteps } from './program.ts';
import type { NodeStep } from './program.ts';
import { awaitHealthy, drain, giveLeadershipAway, refuseLeader, rejoin } from './service-steps.ts';
import { prepareCopies, stampTree, switchBack, switchForward, verifyTree } from './switch-tree.ts';
import { claimedPaths, isChange } from './tree-plan.ts';
import type { Side, TreePlan } from './tree-plan.ts';

interface Effect {
  /** Stands in the journal before the step begins. */
  readonly announce?: (operation: Operation) => Promise<JsonObject>;
  readonly run: (operation: Operation) => Promise<void>;
  readonly undo?: (operation: Operation) => Promise<void>;
}

export const effects: Readonly<Record<NodeStep, Effect>> = {
  'restore-point': {
    async run(operation) {
      const { context, spec } = operation;
      await makeRestorePoint(context, {
        id: spec.restorePoint,
        createdAt: spec.acceptedAt,
        temporary: spec.temporary,
        claimed: claimedPaths(await operation.target()),
      });
    },
  },
  prepare: { run: prepareCopies },
  drain: {
    async run(operation) {
      const { context, spec, token } = operation;
      await checkToken(context, token);
      if (spec.unlessLeading === true) await refuseLeader(context);
      try {
        await giveLeadershipAway(context, spec.mayGoLeaderless === true);
        operation.mayBeDrained = true;
        await drain(context);
      } catch (error) {
        // What was not healthy need not be able to drain; an update may be what heals it.
        if (spec.wasHealthy) throw error;
      }
    },
    async undo(operation) {
      const { context, spec } = operation;
      if (!spec.wasRunning || !operation.mayBeDrained) return;
      // What is drained may call itself unhealthy, so it rejoins before it is asked.
      if ((await context.service.status()).kind === 'stopped') await serve(operation, 'old');
      await rejoin(context).catch((error: unknown) => {
        if (spec.wasHealthy) throw error;
      });
      if (spec.wasHealthy) await awaitHealthy(context, spec.healthTimeoutMs);
    },
  },
  stop: {
    async run({ context }) {
      await context.service.stop(context.config.stopTimeoutMs);
    },
    async undo(operation) {
      if (operation.spec.wasRunning) await serve(operation, 'old');
    },
  },
  switch: {
    async announce(operation) {
      const { changes } = await operation.plan();
      const state = (file: { sha256: string; mode: number } | null) =>
        file === null ? null : `${file.sha256} ${file.mode.toString(8)}`;
      return {
        files: changes.filter(isChange).map((change) => ({
          path: change.path,
          old: state(change.old),
          new: state(change.new),
        })),
      };
    },
    async run(operation) {
      await checkToken(operation.context, operation.token);
      await ensureStopped(operation);
      await switchForward(operation);
    },
    async undo(operation) {
      await ensureStopped(operation);
      await switchBack(operation);
      const plan = await operation.plan();
      const stamps = await verifyTree(operation.context, plan, 'old');
      await writeInstalled(operation.context, plan.packages.old, stamps);
    },
  },
  start: {
    async run(operation) {
      const plan = await operation.plan();
      operation.verified = await verifyTree(operation.context, plan, 'new');
      if (hasService(plan)) await operation.context.service.start();
    },
    undo: ensureStopped,
  },
  health: {
    async run(operation) {
      const { context, spec } = operation;
      if (hasService(await operation.plan())) await awaitHealthy(context, spec.healthTimeoutMs);
    },
  },
  rejoin: {
    async run(operation) {
      if (hasService(await operation.plan())) await rejoin(operation.context);
    },
  },
  commit: {
    async run(operation) {
      const plan = await operation.plan();
      const stamps = operation.verified ?? (await stampTree(operation.context, plan, 'new'));
      await writeInstalled(operation.context, plan.packages.new, stamps);
      await changeRecord(operation.context, (record) => withCounters(record, plan.packages.new));
    },
  },
};

/** Floors only rise; the first manifest with a counter is the one that has it. */
function withCounters(record: NodeRecord, packages: InstalledRecords): NodeRecord {
  const counters = new Map(Object.entries(record.counters));
  const newest = new Map(Object.entries(record.newest));
  for (const [name, { counter, manifestHash }] of Object.entries(packages)) {
    const floor = counters.get(name);
    if (floor !== undefined && counter < floor) continue;
    if (floor !== counter || !newest.has(name)) newest.set(name, manifestHash);
    counters.set(name, counter);
  }
  return { ...record, counters: Object.fromEntries(counters), newest: Object.fromEntries(newest) };
}

/**
 * For an operation that is taken up again after its `start`: the machine may have gone down meanwhile, and the service
 * with it. What follows means nothing unless the new version runs.
 */
export async function serveAgain(operation: Operation, step: NodeStep): Promise<void> {
  if (nodeSteps.indexOf(step) <= nodeSteps.indexOf('start')) return;
  if (hasService(await operation.plan())) await serve(operation, 'new');
}

/** The same for one that had only to be closed. What came of it stands: a service that does not start is seen by who looks. */
export async function startAgain(operation: Operation, side: Side): Promise<void> {
  const { context, spec } = operation;
  const plan = await operation.plan();
  const wanted = side === 'new' ? hasService(plan) : spec.wasRunning;
  if (!wanted || (await context.service.status()).kind !== 'stopped') return;
  await verifyTree(context, plan, side);
  await context.service.start();
}

/** Back before the first installation there is nothing to run. */
function hasService(plan: TreePlan): boolean {
  return Object.keys(plan.packages.new).length > 0;
}

/** Runs and is healthy on exactly this tree; what runs already is only asked. */
async function serve(operation: Operation, side: Side): Promise<void> {
  const { context, spec } = operation;
  if ((await context.service.status()).kind === 'stopped') {
    await verifyTree(context, await operation.plan(), side);
    await context.service.start();
  }
  if (side === 'new' || spec.wasHealthy) await awaitHealthy(context, spec.healthTimeoutMs);
}

/** Files are replaced under nobody: a manager may have started the service on its own since (at boot, say). */
async function ensureStopped({ context }: Operation): Promise<void> {
  if ((await context.service.status()).kind !== 'running') return;
  await context.service.stop(context.config.stopTimeoutMs);
}
