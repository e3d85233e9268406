/** What the gates of a stage say together. */
import type { GateAnswer, GateResult } from '../model/verdict.ts';
import { worstAnswer } from './judge-gate.ts';

export interface StageAnswer {
  readonly answer: GateAnswer;
  /** Of the gate that decides: the first that fails, else the first that is insufficient; else of the first. */
  readonly because: string;
  /** Least of all gates: bake time counts no further than every gate has seen. */
  readonly evidenceMs: number;
}

/** One that fails fails the stage; all have to pass. Without gates a stage has nothing against it, and no evidence. */
export function stageAnswer(results: readonly GateResult[]): StageAnswer {
  const answer = worstAnswer(results.map((result) => result.answer));
  const decisive = results.find((result) => result.answer === answer);
  return {
    answer,
    because: decisive?.because ?? 'no gates',
    evidenceMs: results.length === 0 ? 0 : Math.min(...results.map((result) => result.evidenceMs)),
  };
}
