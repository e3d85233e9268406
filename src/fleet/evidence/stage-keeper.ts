/**
 * The evidence of one stage: who counts, what was read of them, and what the gates say of it. Everything that is not
 * in the plan or the journal is kept in the store before it counts, and is read from there after a restart.
 */
import { alphaShare, parametersOf } from '../../judge/parameters-of.ts';
import { stageAnswer } from '../../judge/stage-answer.ts';
import type { Series } from '../../model/metrics.ts';
import type { GateResult, StageLook, TakenSubject } from '../../model/verdict.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { chooseSubjects, dropReason, likelySubjects, mostSubjects, type ChoiceFacts } from './choose-subjects.ts';
import { gateSetup, switchBeganMs } from './gate-evidence.ts';
import type { GatedStage } from './gated-stage.ts';
import { ReadingLog } from './reading-log.ts';
import { RunningJudge, type JudgedGate } from './running-judge.ts';
import { groupsOf, openGroup, readGroup, sourcesOf } from './sources.ts';
import type { MetricsSource, Source, SourceGroup } from './sources.ts';

/** What is the same for every look of a stage. */
export interface StageFacts extends Omit<ChoiceFacts, 'taken' | 'dropped' | 'stage'> {
  readonly metrics: MetricsSource;
  readonly comparisons: number;
  readonly nowMs: () => number;
}

export interface StageJudgement {
  readonly gates: readonly JudgedGate[];
  readonly answer: GateResult['answer'];
  readonly evidenceMs: number;
  readonly problem: string | null;
}

/** A scrape that has begun may take so long until its samples can be asked for. */
const settleMs = 2000;
/** What came later still is asked for again. */
const overlapMs = 10_000;

export class StageKeeper {
  readonly stage: GatedStage;
  readonly #facts: StageFacts;
  readonly #groups: readonly (SourceGroup & { readonly metrics: ReturnType<typeof openGroup> })[];
  readonly #log: ReadingLog;
  readonly #taken = new Map<string, TakenSubject>();
  readonly #dropped = new Set<string>();
  /** Until when each group has been read, and of whom its history is there. */
  readonly #readMs = new Map<string, number>();
  readonly #known = new Map<string, Set<string>>();
  readonly #judges = new Map<string, RunningJudge>();
  /** Added to the log since it was last judged. */
  #added: Series[] = [];
  #likelyNames: readonly string[] | undefined;

  constructor(stage: GatedStage, facts: StageFacts) {
    this.stage = stage;
    this.#facts = facts;
    this.#log = new ReadingLog(stage.lookMs);
    this.#groups = groupsOf(stage.gates.gates, facts.metrics.signals).map((group) => ({
      ...group,
      metrics: openGroup(facts.metrics, group),
    }));
  }

  /** Whether readings have to be taken before there is anything to judge. */
  get forgets(): boolean {
    return this.#groups.some(({ metrics }) => 'memory' in metrics && metrics.memory === 'now');
  }

  /** What an earlier look kept. */
  restore(looks: readonly StageLook[]): void {
    for (const look of looks) {
      this.#log.add(look.series);
      for (const one of look.taken) this.#taken.set(one.node, one);
      for (const name of look.dropped) this.#dropped.add(name);
    }
  }

  /** What another stage read of nodes that may count here too, where nobody else remembers it. */
  carry(from: StageKeeper): readonly Series[] {
    const forgetting = this.#groups.filter(({ metrics }) => 'memory' in metrics && metrics.memory === 'now');
    const keys = new Set(forgetting.flatMap(({ sources }) => sources.map(({ key }) => key)));
    const names = new Set(this.#likely());
    return this.#log.add(from.#log.of(names).filter(({ signal }) => keys.has(signal)));
  }

  /** Names of those who count. */
  counted(): readonly string[] {
    return this.#subjects().map(({ node }) => node);
  }

  /** Before anything is judged: a reading of those who may count, from providers that remember only now. */
  async watch(signal: AbortSignal): Promise<StageLook> {
    const nodes = this.#likely();
    const series: Series[] = [];
    for (const group of this.#groups) {
      if (!('memory' in group.metrics) || group.metrics.memory !== 'now') continue;
      const range = { nodes, afterMs: this.#readMs.get(group.name) ?? 0, untilMs: this.#facts.nowMs() };
      const read = await readGroup(group.metrics, group, range, signal);
      if (read.ok) series.push(...this.#log.add(read.series));
    }
    return { atMs: this.#facts.nowMs(), series, taken: [], dropped: [] };
  }

  /** Chooses, and reads what is new. `problems`: of providers. */
  async read(sinceMs: number, signal: AbortSignal): Promise<{ look: StageLook; problems: readonly string[] }> {
    const taken = this.#choose();
    const series: Series[] = [];
    const problems = new Set<string>();
    for (const group of this.#groups) {
      if (!('memory' in group.metrics)) {
        problems.add(group.metrics.problem);
        continue;
      }
      const read =
        group.metrics.memory === 'now'
          ? await this.#readNow(group, group.metrics, signal)
          : await this.#readSince(group, group.metrics, sinceMs, signal);
      const kept = this.#log.add(read.series);
      series.push(...kept);
      this.#added.push(...kept);
      for (const problem of read.problems) problems.add(problem);
    }
    return { look: { atMs: this.#facts.nowMs(), series, taken, dropped: [] }, problems: [...problems] };
  }

  /** After a fresh look at those who count: who counts no longer, and whose role is known only now. */
  review(): Pick<StageLook, 'taken' | 'dropped'> {
    const choice = this.#choice();
    const taken: TakenSubject[] = [];
    const dropped: string[] = [];
    for (const one of this.#subjects()) {
      if (dropReason(one, choice) !== null) {
        this.#dropped.add(one.node);
        dropped.push(one.node);
        continue;
      }
      const observed = this.#facts.seen.get(one.node);
      if (one.role !== 'unknown' || observed?.reachable !== true || observed.role === 'unknown') continue;
      const known = { ...one, role: observed.role };
      this.#taken.set(one.node, known);
      taken.push(known);
    }
    return { taken, dropped };
  }

  judge(sinceMs: number, nowMs: number, problems: readonly string[]): StageJudgement {
    const { gates, notCompared } = this.stage.gates;
    const { metrics, switches, times, comparisons } = this.#facts;
    const comparedGates = gates.filter(({ name }) => !notCompared.includes(name));
    const added = this.#added;
    this.#added = [];
    const judged = gates.map((gate): JudgedGate => {
      const sources = sourcesOf(gate, metrics.signals);
      const compared = !notCompared.includes(gate.name);
      const subjects = this.#subjects();
      const share = alphaShare(gate, comparedGates);
      const parameters = parametersOf({ comparisons, lookMs: this.stage.lookMs, share });
      const setup = gateSetup({ gate, compared, sources, parameters, subjects, switches, times, sinceMs });
      const judge = this.#judges.get(gate.name) ?? new RunningJudge();
      this.#judges.set(gate.name, judge);
      const untilMs = this.#remembers(sources) ? nowMs - settleMs : nowMs;
      return judge.look(setup, this.#log, added, Math.max(sinceMs, untilMs));
    });
    const { answer, because, evidenceMs } = stageAnswer(judged.map(({ result }) => result));
    const reason = problems.length > 0 ? problems.join('; ') : answer === 'insufficient' ? because : null;
    return { gates: judged, answer, evidenceMs, problem: reason };
  }

  /** Whether what these sources give at a look is older than the look by what a scrape takes. */
  #remembers(sources: readonly Source[]): boolean {
    const group = this.#groups.find((one) => one.sources.some(({ key }) => key === sources[0]?.key));
    return group !== undefined && 'memory' in group.metrics && group.metrics.memory === 'history';
  }

  #likely(): readonly string[] {
    return (this.#likelyNames ??= likelySubjects(this.#choice()));
  }

  #choice(): ChoiceFacts {
    return { ...this.#facts, stage: this.stage.stage, taken: this.#taken, dropped: this.#dropped };
  }

  #subjects(): readonly TakenSubject[] {
    return [...this.#taken.values()].filter(({ node }) => !this.#dropped.has(node));
  }

  #choose(): readonly TakenSubject[] {
    if (this.#subjects().length === 2 * mostSubjects) return [];
    const added = chooseSubjects(this.#choice()).filter(({ node }) => !this.#taken.has(node));
    for (const one of added) this.#taken.set(one.node, one);
    return added;
  }

  async #readNow(group: SourceGroup, metrics: Metrics, signal: AbortSignal): Promise<Readings> {
    const range = { nodes: this.counted(), afterMs: 0, untilMs: this.#facts.nowMs() };
    if (range.nodes.length === 0) return nothing;
    const read = await readGroup(metrics, group, range, signal);
    return read.ok ? { series: read.series, problems: [] } : { series: [], problems: [read.problem] };
  }

  /** The history of each is asked for once; the rest since the look before. */
  async #readSince(group: SourceGroup, metrics: Metrics, sinceMs: number, signal: AbortSignal): Promise<Readings> {
    const untilMs = this.#facts.nowMs() - settleMs;
    const known = this.#known.get(group.name) ?? new Set<string>();
    const subjects = this.#subjects();
    const fresh = subjects.filter(({ node }) => !known.has(node));
    const series: Series[] = [];
    const ranges = [
      ...this.#histories(fresh, sinceMs, untilMs),
      {
        nodes: subjects.filter(({ node }) => known.has(node)).map(({ node }) => node),
        afterMs: Math.max(sinceMs - overlapMs, (this.#readMs.get(group.name) ?? sinceMs) - overlapMs),
        untilMs,
      },
    ];
    for (const range of ranges) {
      if (range.nodes.length === 0 || range.untilMs <= range.afterMs) continue;
      const read = await readGroup(metrics, group, range, signal);
      if (!read.ok) return { series, problems: [read.problem] };
      series.push(...read.series);
    }
    for (const { node } of fresh) known.add(node);
    this.#known.set(group.name, known);
    this.#readMs.set(group.name, untilMs);
    return { series, problems: [] };
  }

  /** Nodes of one stage switched at about the same time, so they share a range. */
  #histories(fresh: readonly TakenSubject[], sinceMs: number, untilMs: number) {
    const { switches, times, comparisons } = this.#facts;
    const { historyMs } = parametersOf({ comparisons, lookMs: this.stage.lookMs });
    const groups = Map.groupBy(fresh, ({ node, side }) => (side === 'control' ? 'control' : switches.get(node)?.stage));
    return [...groups].flatMap(([stage, list]) => {
      const nodes = list.map(({ node }) => node);
      if (stage === 'control') return [{ nodes, afterMs: sinceMs - historyMs, untilMs }];
      const began = nodes.map((node) => switchBeganMs(node, switches, times)).filter((atMs) => atMs !== null);
      const since = { nodes, afterMs: sinceMs - 1, untilMs };
      if (began.length === 0) return [since];
      return [{ nodes, afterMs: Math.min(...began) - historyMs, untilMs: Math.max(...began) }, since];
    });
  }
}

interface Readings {
  readonly series: readonly Series[];
  readonly problems: readonly string[];
}

const nothing: Readings = { series: [], problems: [] };
