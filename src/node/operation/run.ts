/**
 * Carries a node operation out: asks `step.ts` what is next, does it, and journals around it. The entry before an
 * effect is durable before the effect, the entry after it before anything that relies on it. What cannot be taken
 * back, or not even be journalled, leaves the operation open: `recover` goes on there once a person has helped.
 */
import { toFailure } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Failure } from '../../kernel/outcome.ts';
import type { JournalEvent } from '../../model/journal.ts';
import type { OperationResult } from '../../model/message.ts';
import { createSaga } from '../../saga/machine.ts';
import type { Saga } from '../../saga/machine.ts';
import type { SagaResult } from '../../saga/program.ts';
import { effects, serveAgain, startAgain } from './effects.ts';
import type { Journal } from './journal.ts';
import type { Operation } from './operation.ts';
import { nodeProgram, nodeSteps } from './program.ts';
import type { NodeStep } from './program.ts';
import { giveUpReserve, isNoSpace } from './reserve.ts';
import { nextInstruction } from './step.ts';

/** A second try helps against what passes by itself; a step back that fails twice needs a person. */
const undoTries = 2;

interface Run {
  readonly operation: Operation;
  readonly journal: Journal;
  readonly saga: Saga;
}

export async function runOperation(operation: Operation, journal: Journal): Promise<OperationResult> {
  const saga = createSaga(nodeProgram(operation.spec.operation), journal.entries);
  const run: Run = { operation, journal, saga };
  let takenUp = journal.entries.length > 1;
  try {
    for (;;) {
      const instruction = nextInstruction(saga);
      switch (instruction.kind) {
        case 'do':
          await doStep(run, instruction.step, takenUp);
          break;
        case 'turn':
          await record(run, null, 'turn');
          break;
        case 'undo': {
          const failure = await undoStep(run, instruction.step);
          if (failure !== undefined) return { kind: 'stuck', failure, cause: causeOf(run) ?? failure };
          break;
        }
        case 'close': {
          if (takenUp) {
            const side = instruction.result.kind === 'done' ? 'new' : 'old';
            await startAgain(operation, side).catch(() => {});
          }
          const result = resultOf(run, instruction.result);
          await record(run, null, 'close', { detail: { result: JSON.parse(JSON.stringify(result)) as JsonObject } });
          return result;
        }
      }
      takenUp = false;
    }
  } catch (error) {
    const failure = toFailure(error);
    return { kind: 'stuck', failure, cause: causeOf(run) ?? failure };
  }
}

async function doStep(run: Run, step: NodeStep, takenUp: boolean): Promise<void> {
  const { operation } = run;
  operation.progress(step);
  let failure: Failure | undefined;
  let detail: JsonObject | undefined;
  try {
    detail = await effects[step].announce?.(operation);
  } catch (error) {
    failure = toFailure(error);
  }
  await record(run, step, 'begin', detail === undefined ? {} : { detail });
  if (failure === undefined) {
    try {
      if (takenUp) await serveAgain(operation, step);
      await carryOut(run, step, () => effects[step].run(operation));
    } catch (error) {
      failure = toFailure(error);
    }
  }
  if (failure === undefined) await record(run, step, 'done');
  else await record(run, step, 'failed', { failure });
}

async function undoStep(run: Run, step: NodeStep): Promise<Failure | undefined> {
  const { operation } = run;
  operation.progress('roll-back');
  await record(run, step, 'undo-begin');
  for (let tries = 1; ; tries += 1) {
    try {
      await carryOut(run, step, async () => effects[step].undo?.(operation));
      break;
    } catch (error) {
      const failure = toFailure(error);
      if (tries >= undoTries || failure.retry !== 'backoff') return failure;
    }
  }
  await record(run, step, 'undone');
  return undefined;
}

/** On a full disk once more, with the room kept free for this. What comes before `drain` gives way instead. */
async function carryOut({ operation }: Run, step: NodeStep, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isUp = nodeSteps.indexOf(step) < nodeSteps.indexOf('drain');
    if (isUp || !isNoSpace(error) || !(await giveUpReserve(operation.context))) throw error;
    await work();
  }
}

async function record(
  { journal, saga }: Run,
  step: NodeStep | null,
  event: JournalEvent,
  more: { readonly detail?: JsonObject; readonly failure?: Failure } = {},
): Promise<void> {
  await journal.append({ step, event, ...more });
  saga.record({ step, event });
}

function resultOf(run: Run, result: SagaResult): OperationResult {
  const { spec } = run.operation;
  if (result.kind === 'done') return { kind: 'done', restorePoint: spec.temporary ? null : spec.restorePoint };
  const failure = causeOf(run) ?? toFailure(new Error('an operation turned back without a failure'));
  return { kind: 'rolled-back', failure };
}

/** Why it turned back. */
function causeOf({ journal }: Run): Failure | undefined {
  return journal.entries.findLast((entry) => entry.event === 'failed')?.failure;
}
