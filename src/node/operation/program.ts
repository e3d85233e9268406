/**
 * The switch of one node as a line of saga steps, the same for an update and a rollback. Everything slow (restore
 * point, prepared copies) stands before `drain`, so the service is away only from `stop` to `start`. `commit` and
 * `health` take nothing back themselves: undoing `switch` and `start` does.
 */
import type { SagaProgram } from '../../saga/program.ts';

export const nodeSteps = [
  'restore-point',
  'prepare',
  'drain',
  'stop',
  'switch',
  'start',
  'health',
  'rejoin',
  'commit',
] as const;

export type NodeStep = (typeof nodeSteps)[number];

const undo: Readonly<Record<NodeStep, 'inverse' | 'none'>> = {
  'restore-point': 'none',
  prepare: 'none',
  drain: 'inverse',
  stop: 'inverse',
  switch: 'inverse',
  start: 'inverse',
  health: 'none',
  rejoin: 'none',
  commit: 'none',
};

export function nodeProgram(operation: string): SagaProgram {
  return {
    operation,
    onFailure: 'undo',
    undoFailed: true,
    steps: nodeSteps.map((id, index) => ({ id, needs: nodeSteps.slice(0, index).slice(-1), undo: undo[id] })),
  };
}
