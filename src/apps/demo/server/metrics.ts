/** Counters of the demo's server in the Prometheus text format, version 0.0.4. */
const bucketSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface Metrics {
  observe(code: number, durationMs: number): void;
  text(gauges: Readonly<Record<string, number>>): string;
}

export function createMetrics(version: string): Metrics {
  const byCode = new Map<number, number>();
  const buckets = bucketSeconds.map(() => 0);
  let count = 0;
  let sumSeconds = 0;
  return {
    observe(code, durationMs) {
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
      count += 1;
      sumSeconds += durationMs / 1000;
      for (const [index, bound] of bucketSeconds.entries())
        if (durationMs / 1000 <= bound) buckets[index] = buckets[index]! + 1;
    },
    text(gauges) {
      const lines = ['# TYPE themisdb_build_info gauge', `themisdb_build_info{version="${version}"} 1`];
      lines.push('# TYPE themisdb_requests_total counter');
      for (const [code, total] of byCode) lines.push(`themisdb_requests_total{code="${code}"} ${total}`);
      lines.push('# TYPE themisdb_request_duration_seconds histogram');
      for (const [index, bound] of bucketSeconds.entries())
        lines.push(`themisdb_request_duration_seconds_bucket{le="${bound}"} ${buckets[index]}`);
      lines.push(`themisdb_request_duration_seconds_bucket{le="+Inf"} ${count}`);
      lines.push(
        `themisdb_request_duration_seconds_sum ${sumSeconds}`,
        `themisdb_request_duration_seconds_count ${count}`,
      );
      for (const [name, value] of Object.entries(gauges)) lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
      return `${lines.join('\n')}\n`;
    },
  };
}
