/**
 * The judge of one gate from look to look. It is handed only what is new; where who counts has changed, or a reading
 * came later than the look that it belongs to, it begins again from the whole log. Both give the same answer.
 */
import { startJudging, type Judging } from '../../judge/judge-gate.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Series } from '../../model/metrics.ts';
import type { GateEvidence, GateResult } from '../../model/verdict.ts';
import { countedFor, gateEvidence, type GateSetup } from './gate-evidence.ts';
import type { ReadingLog } from './reading-log.ts';

export class RunningJudge {
  #judging: Judging | null = null;
  #key = '';
  #untilMs = -Infinity;

  /** `added`: what the log has taken in since the last look. */
  look(gate: GateSetup, log: ReadingLog, added: readonly Series[], nowMs: number): JudgedGate {
    // A clock that was set back does not make evidence undone.
    const untilMs = Math.max(this.#untilMs, nowMs);
    const key = canonicalJson(gate.setup);
    const fresh = countedFor(gate, added);
    const late = fresh.some(({ points }) => points.some(([atMs]) => atMs <= this.#untilMs));
    const evidence = (): GateEvidence => gateEvidence(gate, log, untilMs);
    if (this.#judging === null || key !== this.#key || late) {
      this.#judging = startJudging(gate.setup);
      this.#judging.add(evidence().series);
    } else this.#judging.add(fresh);
    this.#key = key;
    this.#untilMs = untilMs;
    return { name: gate.setup.gate.name, result: this.#judging.look(untilMs), evidence };
  }
}

export interface JudgedGate {
  readonly name: string;
  readonly result: GateResult;
  /** All that the result was made from: put together when it is wanted. */
  readonly evidence: () => GateEvidence;
}
