/**
 * Keeps the evidence of a rollout: at every look it reads what is new, looks at those who count, keeps both in the
 * store, and asks the judge again from the beginning, so that a run that was killed goes on with the same answers. For
 * providers that remember only now it takes readings of those who may count from the moment the execution starts.
 */
import { summaryOf, verdictOf } from '../../judge/verdict-of.ts';
import { digestJson } from '../../kernel/digest.ts';
import { mapBounded } from '../../kernel/map-bounded.ts';
import { ThemisError, toFailure } from '../../kernel/error.ts';
import { formatInstant, parseInstant } from '../../kernel/units/instant.ts';
import type { DesiredNode } from '../../model/desired.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { ObservedNode } from '../../model/observed.ts';
import type { Plan } from '../../model/plan.ts';
import type { RolloutRecord } from '../../model/rollout-record.ts';
import type { StageLook, VerdictSummary } from '../../model/verdict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidenceStore } from '../../ports/evidence-store.ts';
import type { Transport } from '../../ports/transport.ts';
import type { ActionLookup } from '../line/program.ts';
import { observeNode } from '../node-calls.ts';
import { comparisonsIn, gatedStages, switchesOf, type GatedStage, type Switches } from './gated-stage.ts';
import type { MetricsSource } from './sources.ts';
import type { BakingStage, EvidenceKeeping, EvidenceLook, StageEvidence } from './stage-evidence.ts';
import { StageKeeper, type StageJudgement } from './stage-keeper.ts';
import { StepTimes } from './step-times.ts';

export interface EvidenceKeeperOptions {
  readonly execution: string;
  readonly token: number;
  readonly plan: Plan;
  readonly actions: ActionLookup;
  readonly nodes: readonly DesiredNode[];
  /** As the execution found it, the rollout started. */
  readonly record: RolloutRecord;
  readonly metrics: MetricsSource;
  readonly store: EvidenceStore;
  readonly transport: Transport;
  readonly clock: Clock;
}

const nodesAtOnce = 16;

/** The newest answer of a gate that was stored, and whether it was one to decide by. */
interface Told {
  readonly summary: VerdictSummary;
  readonly decides: boolean;
}

export class EvidenceKeeper implements EvidenceKeeping {
  readonly #options: EvidenceKeeperOptions;
  readonly #stages: ReadonlyMap<string, GatedStage>;
  readonly #nodes: ReadonlyMap<string, DesiredNode>;
  readonly #clusterOf: ReadonlyMap<string, string>;
  readonly #times: StepTimes;
  readonly #seen = new Map<string, ObservedNode>();
  readonly #switches = new Map<number | undefined, Switches>();
  readonly #keepers = new Map<string, StageKeeper>();
  readonly #baking = new Map<string, number>();
  readonly #ended = new Set<string>();
  /** By step, then gate. */
  readonly #told = new Map<string, Map<string, Told>>();
  readonly #evidence = new Map<string, StageEvidence>();
  readonly #comparisons: number;
  readonly #restored = new Set<string>();
  readonly #ranks = new Map<string, string>();
  /** Whose readings the next stage takes over. */
  #previous: StageKeeper | null = null;
  #over = false;
  #nextMs = -Infinity;

  constructor(options: EvidenceKeeperOptions) {
    const { plan, actions, nodes, record } = options;
    this.#options = options;
    const stages = gatedStages(plan, actions);
    this.#stages = new Map(stages.map((stage) => [stage.step.id, stage]));
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#clusterOf = new Map(nodes.map(({ name, cluster }) => [name, cluster]));
    this.#times = new StepTimes(plan);
    const planned = new Set(plan.steps.filter(({ hop }) => hop === undefined).map(({ stage }) => stage));
    const promoted = (record.current?.stages ?? []).filter(
      ({ promotedAt }, index) => promotedAt !== null && !planned.has(index + 1),
    );
    this.#comparisons = comparisonsIn(stages, promoted.length);
  }

  record(entry: Pick<JournalEntry, 'step' | 'event' | 'at'>): void {
    if (entry.step === null) {
      // What is taken back is not judged.
      if (entry.event === 'turn' || entry.event === 'close') this.#over = true;
      return;
    }
    this.#times.record(entry);
    if (!this.#stages.has(entry.step)) return;
    if (!['done', 'unchanged', 'failed'].includes(entry.event)) return;
    this.#ended.add(entry.step);
    this.#baking.delete(entry.step);
    this.#evidence.delete(entry.step);
  }

  see(observed: ObservedNode): void {
    this.#seen.set(observed.name, observed);
  }

  bake({ step, sinceMs }: BakingStage): void {
    if (this.#over || this.#ended.has(step) || !this.#stages.has(step) || this.#baking.get(step) === sinceMs) return;
    this.#baking.set(step, sinceMs);
    // A node came late: what was said of the stage before that is not about it.
    this.#evidence.delete(step);
    this.#told.delete(step);
    this.#nextMs = -Infinity;
  }

  nextLookMs(): number | null {
    if (this.#over || (this.#baking.size === 0 && this.#watched() === undefined)) return null;
    return this.#nextMs;
  }

  async look(signal: AbortSignal): Promise<EvidenceLook> {
    const news: VerdictSummary[] = [];
    try {
      const active = [...this.#baking];
      for (const [step, sinceMs] of active) {
        const keeper = await this.#keeper(step, signal);
        news.push(...(await this.#lookAt(keeper, sinceMs, signal)));
      }
      const watched = this.#watched();
      if (watched !== undefined && !this.#over) await this.#watch(watched, signal);
      this.#nextMs =
        this.#options.clock.nowMs() +
        this.#pauseMs(
          active.map(([step]) => step),
          watched,
        );
    } catch (error) {
      if (!(signal.aborted && toFailure(error).code === 'CANCELLED')) throw error;
    }
    return { stages: [...this.#evidence.values()], news };
  }

  /** The first stage that is still to come, while nothing else would give it a history. */
  #watched(): GatedStage | undefined {
    for (const [step, stage] of this.#stages) {
      if (this.#ended.has(step) || this.#baking.has(step)) continue;
      return this.#keeperOf(stage).forgets ? stage : undefined;
    }
    return undefined;
  }

  #pauseMs(baking: readonly string[], watched: GatedStage | undefined): number {
    const stages = [...baking.map((step) => this.#stages.get(step)!), ...(watched === undefined ? [] : [watched])];
    return Math.min(60_000, ...stages.map(({ lookMs }) => lookMs));
  }

  async #watch(stage: GatedStage, signal: AbortSignal): Promise<void> {
    const keeper = await this.#keeper(stage.step.id, signal);
    await this.#append(keeper, await keeper.watch(signal));
  }

  async #lookAt(keeper: StageKeeper, sinceMs: number, signal: AbortSignal): Promise<VerdictSummary[]> {
    const { look, problems } = await keeper.read(sinceMs, signal);
    // After the reading: who has become another by now was perhaps another already when it was read.
    await this.#observe(keeper.counted(), signal);
    const { taken, dropped } = keeper.review();
    await this.#append(keeper, { ...look, taken: [...look.taken, ...taken], dropped });
    const nowMs = this.#options.clock.nowMs();
    const judgement = keeper.judge(sinceMs, nowMs, problems);
    const news = await this.#tell(keeper.stage, judgement, sinceMs, nowMs);
    this.#evidence.set(keeper.stage.step.id, this.#stageEvidence(keeper.stage, judgement, sinceMs, nowMs));
    return news;
  }

  /** Stores the verdicts that say something new or that the stage is decided by. */
  async #tell(stage: GatedStage, judgement: StageJudgement, sinceMs: number, nowMs: number): Promise<VerdictSummary[]> {
    const { store, token, execution, plan } = this.#options;
    const baked = judgement.evidenceMs >= stage.bakeMs && judgement.answer !== 'insufficient';
    const decides = judgement.answer === 'fail' || baked || nowMs - sinceMs >= stage.gates.bakeLimitMs;
    const told = this.#toldOf(stage, sinceMs);
    const news: VerdictSummary[] = [];
    for (const { name, evidence, result } of judgement.gates) {
      const last = told.get(name);
      const changed = result.answer !== (last?.summary.answer ?? 'insufficient');
      if (!changed && !(decides && last?.decides !== true)) continue;
      const at = formatInstant(nowMs);
      const verdict = verdictOf({ execution, target: plan.targetDigest, stage: stage.stage, at }, evidence());
      await store.writeVerdict(verdict, token);
      const summary = summaryOf(verdict);
      told.set(name, { summary, decides });
      news.push(summary);
    }
    return news;
  }

  /** What an earlier run of the same bake has told. */
  #toldOf(stage: GatedStage, sinceMs: number): Map<string, Told> {
    const known = this.#told.get(stage.step.id);
    if (known !== undefined) return known;
    const { record, plan } = this.#options;
    const told = new Map<string, Told>();
    for (const summary of record.verdicts) {
      const ofBake = summary.target === plan.targetDigest && summary.stage === stage.stage;
      if (!ofBake || (parseInstant(summary.at) ?? 0) < sinceMs) continue;
      told.set(summary.gate, { summary, decides: false });
    }
    this.#told.set(stage.step.id, told);
    return told;
  }

  #stageEvidence(stage: GatedStage, judgement: StageJudgement, sinceMs: number, nowMs: number): StageEvidence {
    const told = this.#told.get(stage.step.id)!;
    const { targetDigest } = this.#options.plan;
    const verdicts = judgement.gates.map(({ name, result }): VerdictSummary => {
      const stored = told.get(name)?.summary;
      const { answer, because } = result;
      // One that was not worth storing has no id to ask for.
      const id = stored?.answer === answer ? stored.id : '';
      return { id, stage: stage.stage, gate: name, answer, at: formatInstant(nowMs), target: targetDigest, because };
    });
    const { answer, evidenceMs, problem } = judgement;
    const failed = verdicts.filter((one) => one.answer === 'fail');
    return { step: stage.step.id, sinceMs, answer, evidenceMs, failed, verdicts, problem };
  }

  async #observe(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { transport } = this.#options;
    const nodes = names.map((name) => this.#nodes.get(name)).filter((node) => node !== undefined);
    await mapBounded(nodes, nodesAtOnce, async (node) => {
      this.see(await observeNode(transport, node, { full: false, signal }));
    });
  }

  async #append(keeper: StageKeeper, look: StageLook): Promise<void> {
    if (look.series.length + look.taken.length + look.dropped.length === 0) return;
    const { store, execution, token } = this.#options;
    await store.appendLook(execution, keeper.stage.key, look, token);
  }

  /** Restored from the store the first time, else from what the stage before it has read. */
  async #keeper(step: string, signal: AbortSignal): Promise<StageKeeper> {
    const stage = this.#stages.get(step)!;
    const keeper = this.#keeperOf(stage);
    if (this.#restored.has(step)) return keeper;
    const { store, execution, clock } = this.#options;
    const looks = await store.readLooks(execution, stage.key);
    if (signal.aborted) throw new ThemisError('CANCELLED', 'stopped before evidence was read');
    keeper.restore(looks);
    if (looks.length === 0 && this.#previous !== null) {
      const series = keeper.carry(this.#previous);
      await this.#append(keeper, { atMs: clock.nowMs(), series, taken: [], dropped: [] });
    }
    this.#restored.add(step);
    this.#previous = keeper;
    return keeper;
  }

  #keeperOf(stage: GatedStage): StageKeeper {
    const known = this.#keepers.get(stage.step.id);
    if (known !== undefined) return known;
    const keeper = new StageKeeper(stage, {
      switches: this.#switchesOf(stage.step.hop),
      settled: this.#settled(stage),
      times: this.#times,
      seen: this.#seen,
      clusterOf: this.#clusterOf,
      metrics: this.#options.metrics,
      comparisons: this.#comparisons,
      rankOf: (name) => this.#rankOf(name),
      nowMs: () => this.#options.clock.nowMs(),
    });
    this.#keepers.set(stage.step.id, keeper);
    return keeper;
  }

  /** Spreads a choice over the fleet, the same way every time. */
  #rankOf(name: string): string {
    let rank = this.#ranks.get(name);
    if (rank === undefined) this.#ranks.set(name, (rank = digestJson([this.#options.plan.targetDigest, name])));
    return rank;
  }

  #switchesOf(hop: number | undefined): Switches {
    let switches = this.#switches.get(hop);
    if (switches === undefined) this.#switches.set(hop, (switches = switchesOf(this.#options.plan, hop)));
    return switches;
  }

  /** Only of the last hop is it known what has been reached before this run. */
  #settled({ step, stage }: GatedStage): readonly string[] {
    const switches = this.#switchesOf(step.hop);
    const stages = step.hop === undefined ? (this.#options.record.current?.stages ?? []) : [];
    return stages.slice(0, stage).flatMap(({ nodes }) => nodes.filter((name) => !switches.has(name)));
  }
}
