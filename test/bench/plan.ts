/**
 * Planning from a snapshot file, as `themis plan --observed` does it: read, check, plan, seal and write the plan as
 * JSON. Desired state is made in memory; a second series reads it from YAML where the parser is at hand.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { encodeSnapshot, parseSnapshot } from '../../src/observe/snapshot.ts';
import { plan } from '../../src/plan/plan.ts';
import { planJson } from '../../src/report/plan-json.ts';
import { generatedFleet } from '../support/generated-fleet.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { peakMiB, rounded } from './bench.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const snapshotFile = 'snapshot.json';

function planCase(count: number): BenchCase {
  return {
    name: `${count} nodes`,
    async prepare(directory) {
      await writeFile(join(directory, snapshotFile), snapshotText(generatedFleet(count)));
    },
    async run() {
      const { desired, digests, source, scope, at, themisVersion, extraFindings } = generatedFleet(count);
      const start = performance.now();
      const parsed = parseSnapshot(await readFile(snapshotFile, 'utf8'));
      if ('findings' in parsed) throw new Error(parsed.findings[0]!.summary);
      const { observed, catalogue, record } = parsed.snapshot;
      const read = performance.now();
      const made = plan({
        desired,
        digests,
        source,
        scope,
        at,
        themisVersion,
        extraFindings,
        observed,
        catalogue,
        record,
        anchored: false,
      });
      const planned = performance.now();
      const sizeBytes = Buffer.byteLength(planJson(made));
      const end = performance.now();
      if (made.steps.length < count * 0.9 || !made.applyable) throw new Error('the bench plans the wrong thing');
      return [
        { metric: 'seconds', value: rounded((end - start) / 1000), unit: 's' },
        { metric: 'peakMiB', value: peakMiB(), unit: 'MiB' },
        { metric: 'read', value: rounded((read - start) / 1000), unit: 's' },
        { metric: 'plan', value: rounded((planned - read) / 1000), unit: 's' },
        { metric: 'write', value: rounded((end - planned) / 1000), unit: 's' },
        { metric: 'planSize', value: rounded(sizeBytes / 2 ** 20, 1), unit: 'MiB' },
      ];
    },
  };
}

function snapshotText({ observed, catalogue, record, desired, at }: PlanInputs): string {
  const { name, uid } = desired.fleet;
  return encodeSnapshot({ formatVersion: '1.0', fleet: { name, uid }, takenAt: at, observed, catalogue, record });
}

export const planBench: Bench = {
  name: 'plan',
  summary: 'plan fleets of 1,000, 10,000 and 100,000 nodes from a snapshot file',
  cases: sizes.map(planCase),
  /** Time for ten times the nodes, divided by ten: 1 is linear, below it is better. */
  conclude(rows) {
    const seconds = (count: number): number =>
      rows.find((row) => row.case === `${count} nodes` && row.metric === 'seconds')!.value;
    return [10_000, 100_000].map((count): BenchRow => ({
      case: 'growth',
      metric: `${count / 10} to ${count} nodes`,
      value: rounded(seconds(count) / seconds(count / 10) / 10, 2),
      unit: 'x linear',
    }));
  },
};
