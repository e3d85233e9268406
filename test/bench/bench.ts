/** What a bench is and what it reports: the shape of `npm run bench -- NAME --json`. */
export interface BenchRow {
  readonly case: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What it is measured beside, in the same run. */
  readonly peer?: string;
  readonly peerValue?: number;
  /** Ours ÷ peer. */
  readonly ratio?: number;
}

/** Of the case that measured it, unless it says what part of it. */
export type MeasuredRow = Omit<BenchRow, 'case'> & Partial<Pick<BenchRow, 'case'>>;

export interface Bench {
  readonly name: string;
  readonly summary: string;
  /** Runs in order; each in a fresh process, so that peak memory is its own. */
  readonly cases: readonly BenchCase[];
  /** How often each case is measured; the median counts. Default: three times. 1: nothing depends on the machine. */
  readonly runs?: number;
  /** Rows that follow from all others: growth. Not asked when only some cases run. */
  conclude?(rows: readonly BenchRow[]): readonly BenchRow[];
}

export interface BenchCase {
  readonly name: string;
  /** In a child process of its own. `seconds` and `peakMiB` of the whole are not added by the harness. */
  run(): Promise<readonly MeasuredRow[]>;
  /** Before the clock starts, in another process: files the case reads. The path is passed on to `run` as cwd. */
  prepare?(directory: string): Promise<void>;
}

/** Peak resident memory of this process so far. */
export function peakMiB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

export function rounded(value: number, digits = 3): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
