/** What the demo's server counts, in the Prometheus text format, version 0.0.4. */
import { availableParallelism, totalmem } from 'node:os';

const bucketSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const blockBytes = 512;

export interface Metrics {
  /** Every query is a transaction of its own. */
  observe(code: number, durationMs: number): void;
  text(gauges: Readonly<Record<string, number>>): string;
}

export function createMetrics(version: string): Metrics {
  // There from the start: a counter that appears with its first event has no value to count it from.
  const byCode = new Map<number, number>([
    [200, 0],
    [500, 0],
  ]);
  const transactions = { committed: 0, failed: 0 };
  const buckets = bucketSeconds.map(() => 0);
  let count = 0;
  let sumSeconds = 0;
  return {
    observe(code, durationMs) {
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
      transactions[code < 500 ? 'committed' : 'failed'] += 1;
      count += 1;
      sumSeconds += durationMs / 1000;
      for (const [index, bound] of bucketSeconds.entries())
        if (durationMs / 1000 <= bound) buckets[index] = buckets[index]! + 1;
    },
    text(gauges) {
      const name = 'themisdb_request_duration_seconds';
      const lines = [
        ...family('themisdb_build_info', 'gauge', [[`{version="${version}"}`, 1]]),
        ...family(
          'themisdb_requests_total',
          'counter',
          [...byCode].map(([code, total]) => [`{code="${code}"}`, total]),
        ),
        ...family(
          'themisdb_transactions_total',
          'counter',
          Object.entries(transactions).map(([outcome, total]) => [`{outcome="${outcome}"}`, total]),
        ),
        `# TYPE ${name} histogram`,
        ...bucketSeconds.map((bound, index) => `${name}_bucket{le="${bound}"} ${buckets[index]}`),
        `${name}_bucket{le="+Inf"} ${count}`,
        `${name}_sum ${sumSeconds}`,
        `${name}_count ${count}`,
        ...processLines(),
      ];
      for (const [gauge, value] of Object.entries(gauges)) lines.push(...family(gauge, 'gauge', [['', value]]));
      return `${lines.join('\n')}\n`;
    },
  };
}

/** What the process uses, and what there is of it. */
function processLines(): string[] {
  const { userCPUTime, systemCPUTime, fsRead, fsWrite } = process.resourceUsage();
  // 0 or absurdly large where the machine sets no limit.
  const limit = process.constrainedMemory();
  return [
    ...family('process_resident_memory_bytes', 'gauge', [['', process.memoryUsage.rss()]]),
    ...family('process_cpu_seconds_total', 'counter', [['', (userCPUTime + systemCPUTime) / 1e6]]),
    ...family('themisdb_memory_limit_bytes', 'gauge', [['', limit > 0 && limit < totalmem() ? limit : totalmem()]]),
    ...family('themisdb_cpus', 'gauge', [['', availableParallelism()]]),
    ...family('themisdb_disk_io_bytes_total', 'counter', [
      ['{direction="read"}', fsRead * blockBytes],
      ['{direction="write"}', fsWrite * blockBytes],
    ]),
  ];
}

function family(name: string, type: 'counter' | 'gauge', samples: readonly (readonly [string, number])[]): string[] {
  return [`# TYPE ${name} ${type}`, ...samples.map(([labels, value]) => `${name}${labels} ${value}`)];
}
