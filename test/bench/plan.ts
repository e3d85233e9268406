/**
 * Planning from a snapshot file, as `themis plan --observed` does it: read, check, plan, seal and write the plan as
 * JSON. In the first series desired state is at hand in memory; in the second it is read from YAML and checked as well.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { desiredDigest, targetDigest } from '../../src/desired/digests.ts';
import { experimentalFindings } from '../../src/desired/experimental.ts';
import { lockFileName } from '../../src/desired/format-lock.ts';
import { parseDesired } from '../../src/desired/parse.ts';
import type { Desired } from '../../src/model/desired.ts';
import { wholeFleet, type PlanInputs } from '../../src/plan/plan-inputs.ts';
import { encodeSnapshot, parseSnapshot } from '../../src/observe/snapshot.ts';
import { plan } from '../../src/plan/plan.ts';
import { planJson } from '../../src/report/plan/plan-json.ts';
import { fleetFiles } from '../support/fleet-yaml.ts';
import { generatedFleet } from '../support/generated-fleet.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { peakMiB, rounded } from './bench.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const snapshotFile = 'snapshot.json';

function planCase(count: number, fromYaml: boolean): BenchCase {
  return {
    name: fromYaml ? `${count} nodes from YAML` : `${count} nodes`,
    async prepare(directory) {
      const inputs = generatedFleet(count);
      await writeFile(join(directory, snapshotFile), snapshotText(inputs));
      for (const { path, text } of fleetFiles(inputs.desired)) await writeFile(join(directory, path), text);
    },
    run: async () => await measure(count, fromYaml),
  };
}

async function measure(count: number, fromYaml: boolean): Promise<readonly Omit<BenchRow, 'case'>[]> {
  const made = fromYaml ? undefined : generatedFleet(count).desired;
  const start = performance.now();
  const desired = made ?? (await readDesired());
  const loaded = performance.now();
  const parsed = parseSnapshot(await readFile(snapshotFile, 'utf8'));
  if ('findings' in parsed) throw new Error(parsed.findings[0]!.summary);
  const { observed, catalogue, record, takenAt } = parsed.snapshot;
  const read = performance.now();
  const planned = plan({
    desired,
    catalogue,
    observed,
    record,
    at: takenAt,
    anchored: false,
    scope: wholeFleet,
    source: { repository: null, revision: null, dirty: false, signer: null },
    themisVersion: '0.0.0',
    digests: { desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) },
    extraFindings: experimentalFindings(desired),
  });
  const end = performance.now();
  const sizeBytes = Buffer.byteLength(planJson(planned));
  const written = performance.now();
  if (planned.steps.length < count * 0.9 || !planned.applyable) throw new Error('the bench plans the wrong thing');
  const seconds = (from: number, to: number): { value: number; unit: string } => ({
    value: rounded((to - from) / 1000),
    unit: 's',
  });
  return [
    { metric: 'seconds', ...seconds(start, written) },
    { metric: 'peakMiB', value: peakMiB(), unit: 'MiB' },
    ...(fromYaml ? [{ metric: 'desired state', ...seconds(start, loaded) }] : []),
    { metric: 'snapshot', ...seconds(loaded, read) },
    { metric: 'plan', ...seconds(read, end) },
    { metric: 'write', ...seconds(end, written) },
    { metric: 'plan size', value: rounded(sizeBytes / 2 ** 20, 1), unit: 'MiB' },
  ];
}

async function readDesired(): Promise<Desired> {
  const paths = ['fleet.yaml', lockFileName];
  const files = await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
  const { desired, findings } = parseDesired(files);
  if (desired === undefined) throw new Error(findings[0]!.summary);
  return desired;
}

function snapshotText({ observed, catalogue, record, desired, at }: PlanInputs): string {
  const { name, uid } = desired.fleet;
  return encodeSnapshot({ formatVersion: '1.0', fleet: { name, uid }, takenAt: at, observed, catalogue, record });
}

export const planBench: Bench = {
  name: 'plan',
  summary: 'plan fleets of 1,000, 10,000 and 100,000 nodes from a snapshot file',
  cases: [...sizes.map((count) => planCase(count, false)), ...sizes.map((count) => planCase(count, true))],
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
