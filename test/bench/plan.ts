/**
 * Planning from a snapshot file, as `themis plan --observed` does it: read, check, plan, seal and write the plan as
 * JSON. In the first series desired state is at hand in memory; in the second it is read from YAML and checked as well.
 * With everything on there are 50 packages on every node, some two minors behind, 500 tenants with windows, 4 stages,
 * label groups and gates; such fleets stand beside `terraform plan` with one resource for each of their steps.
 */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { desiredDigest, targetDigest } from '../../src/desired/digests.ts';
import { experimentalFindings } from '../../src/desired/experimental.ts';
import { lockFileName } from '../../src/desired/format-lock.ts';
import { parseDesired } from '../../src/desired/parse.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import { wholeFleet, type PlanInputs } from '../../src/plan/plan-inputs.ts';
import { encodeSnapshot, parseSnapshot } from '../../src/observe/snapshot.ts';
import { plan } from '../../src/plan/plan.ts';
import { planJson } from '../../src/report/plan/plan-json.ts';
import { fleetFiles } from '../support/fleet-yaml.ts';
import { generatedEstate } from '../support/generated-estate.ts';
import { generatedFleet } from '../support/generated-fleet.ts';
import type { Bench, BenchCase, BenchRow } from './bench.ts';
import { peakMiB, rounded } from './bench.ts';

const sizes = [1_000, 10_000, 100_000] as const;
const fullSizes = [200, 1_000, 10_000] as const;
const peerSizes = [200, 1_000] as const;
const snapshotFile = 'snapshot.json';

type Made = (count: number) => PlanInputs;

function planCase(count: number, fromYaml: boolean): BenchCase {
  return {
    name: fromYaml ? `${count} nodes from YAML` : `${count} nodes`,
    async prepare(directory) {
      const inputs = generatedFleet(count);
      await writeFile(join(directory, snapshotFile), snapshotText(inputs));
      for (const { path, text } of fleetFiles(inputs.desired)) await writeFile(join(directory, path), text);
    },
    run: async () => await measure(count, fromYaml ? undefined : generatedFleet),
  };
}

function everythingOn(count: number): BenchCase {
  return {
    name: `${count} nodes, everything on`,
    prepare: async (directory) => await writeFile(join(directory, snapshotFile), snapshotText(generatedEstate(count))),
    run: async () => await measure(count, generatedEstate),
  };
}

/** Both as whole processes, reading what was prepared; terraform has its directory initialised, and no state. */
function besideTerraform(count: number): BenchCase {
  return {
    name: `${count} nodes, everything on, beside terraform`,
    async prepare(directory) {
      await everythingOn(count).prepare!(directory);
      const { steps } = planOf(generatedEstate(count));
      await writeFile(join(directory, 'main.tf.json'), JSON.stringify(terraformOf(steps)));
      terraform(['init', '-input=false', '-no-color'], directory);
    },
    run: async () => {
      const main = join(import.meta.dirname, 'main.ts');
      const ours = timed(process.execPath, [main, 'plan', '--run', everythingOn(count).name], process.cwd());
      if (ours === undefined) throw new Error('the bench cannot run itself');
      const theirs = terraform(['plan', '-input=false', '-no-color', '-out=tf.plan'], process.cwd());
      const row = { metric: 'process', value: rounded(ours), unit: 's' };
      if (theirs === undefined) return [{ ...row, peer: 'terraform is not installed' }];
      return [{ ...row, peer: 'terraform plan', peerValue: rounded(theirs), ratio: rounded(ours / theirs, 2) }];
    },
  };
}

/** One built-in resource for each step, which depends on what the step needs. */
function terraformOf(steps: readonly PlanStep[]): object {
  const names = new Map(steps.map((step, index) => [step.id, `step-${index}`]));
  const resources = steps.map(({ id, kind, target, reason, needs }): [string, object] => [
    names.get(id)!,
    { input: { kind, target, reason }, depends_on: needs.map((need) => `terraform_data.${names.get(need)!}`) },
  ]);
  return { resource: { terraform_data: Object.fromEntries(resources) } };
}

/** Seconds; undefined where there is no terraform. */
function terraform(argv: readonly string[], cwd: string): number | undefined {
  return timed('terraform', argv, cwd, { CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' });
}

function timed(
  command: string,
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): number | undefined {
  const start = performance.now();
  const { error, status, stderr } = spawnSync(command, argv, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return undefined;
  if (status !== 0) throw new Error(`${command} ${argv[0] ?? ''} ended with ${status}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

/** `make` undefined: desired state is read from YAML. */
async function measure(count: number, make: Made | undefined): Promise<readonly Omit<BenchRow, 'case'>[]> {
  const made = make?.(count).desired;
  const start = performance.now();
  const desired = made ?? (await readDesired());
  const loaded = performance.now();
  const parsed = parseSnapshot(await readFile(snapshotFile, 'utf8'));
  if ('findings' in parsed) throw new Error(parsed.findings[0]!.summary);
  const read = performance.now();
  const planned = planOf({ desired, ...parsed.snapshot, at: parsed.snapshot.takenAt });
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
    ...(make === undefined ? [{ metric: 'desired state', ...seconds(start, loaded) }] : []),
    { metric: 'snapshot', ...seconds(loaded, read) },
    { metric: 'plan', ...seconds(read, end) },
    { metric: 'write', ...seconds(end, written) },
    { metric: 'plan size', value: rounded(sizeBytes / 2 ** 20, 1), unit: 'MiB' },
  ];
}

function planOf({
  desired,
  catalogue,
  observed,
  record,
  at,
}: Pick<PlanInputs, 'desired' | 'catalogue' | 'observed' | 'record' | 'at'>): Plan {
  return plan({
    desired,
    catalogue,
    observed,
    record,
    at,
    anchored: false,
    scope: wholeFleet,
    source: { repository: null, revision: null, dirty: false, signer: null },
    themisVersion: '0.0.0',
    digests: { desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) },
    extraFindings: experimentalFindings(desired),
  });
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
  summary: 'plan fleets of 1,000, 10,000 and 100,000 nodes from a snapshot file, also with everything on',
  cases: [
    ...sizes.map((count) => planCase(count, false)),
    ...sizes.map((count) => planCase(count, true)),
    ...fullSizes.map(everythingOn),
    ...peerSizes.map(besideTerraform),
  ],
  /** Time for ten times the nodes, divided by ten: 1 is linear, below it is better. */
  conclude(rows) {
    const seconds = (name: string): number => rows.find((row) => row.case === name && row.metric === 'seconds')!.value;
    const growth = (count: number, kind: string): BenchRow => ({
      case: `growth${kind}`,
      metric: `${count / 10} to ${count} nodes`,
      value: rounded(seconds(`${count} nodes${kind}`) / seconds(`${count / 10} nodes${kind}`) / 10, 2),
      unit: 'x linear',
    });
    return [growth(10_000, ''), growth(100_000, ''), growth(10_000, ', everything on')];
  },
};
