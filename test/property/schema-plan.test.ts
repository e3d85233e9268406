import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schemaParams, isSchemaStep } from '../../src/actions/schema-step.ts';
import type { AppliedMigration, ObservedDatabase, SchemaPhase } from '../../src/model/schema/database.ts';
import type { DesiredMigration } from '../../src/model/desired.ts';
import type { InstalledPackage, ObservedNode } from '../../src/model/observed.ts';
import type { Plan, PlanStep } from '../../src/model/plan.ts';
import { addDuration } from '../../src/kernel/units/instant.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import type { PlanInputs } from '../../src/plan/plan-inputs.ts';
import { plan } from '../../src/plan/plan.ts';
import { createReach } from '../../src/plan/schema/release-reach.ts';
import { noteSchemaProgress } from '../../src/plan/schema/schema-progress.ts';
import { planJson } from '../../src/report/plan/plan-json.ts';
import { randomFleet } from '../support/random-fleet.ts';
import { runs } from '../support/runs.ts';
import { applied, desiredMigration, observedDatabase, wholeMigration, withSchemas } from '../support/schema-fixture.ts';

/** In the order in which releases come; the last is never reached, null waits for none. */
const minima = ['1.2.0', '1.3.0', '1.4.0', '1.5.0', '1.6.0'];
const databaseNames = ['billing', 'orders'] as const;

const migrations: fc.Arbitrary<readonly DesiredMigration[]> = fc
  .array(
    fc.record({
      release: fc.option(fc.nat(minima.length - 1), { freq: 6 }),
      database: fc.constantFrom(...databaseNames),
      operations: fc.subarray([...wholeMigration], { minLength: 1 }),
      needs: fc.array(fc.nat(3), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) => {
    const sorted = list.toSorted((a, b) => (a.release ?? -1) - (b.release ?? -1));
    const versions = new Map<string, number>();
    return sorted.map(({ release, database, operations, needs }, index) => {
      const schemaVersion = (versions.get(database) ?? 0) + 1;
      versions.set(database, schemaVersion);
      return desiredMigration(`m${index}`, schemaVersion, {
        database,
        operations,
        release: release === null ? null : { themisdb: `>=${minima[release]!}` },
        dependsOn: [...new Set(needs.filter((need) => need < index).map((need) => `m${need}`))].sort(),
      });
    });
  });

/** Nothing restricts when nodes may be touched: what is deferred is so because of schemas. */
const cases = fc.tuple(randomFleet, migrations).map(([inputs, list]) => {
  const databases = databaseNames.map((name) => observedDatabase(0, { name }));
  const { desired } = inputs;
  return withSchemas({ ...inputs, desired: { ...desired, tenants: [] } }, list, databases);
});

type Packages = Readonly<Record<string, InstalledPackage>>;

/** Nodes and databases while the steps of plans are carried out, checked at every step. */
class World {
  readonly #nodes: Map<string, Packages | undefined>;
  readonly #done = new Map<string, AppliedMigration>();
  readonly #migrations: ReadonlyMap<string, DesiredMigration>;

  constructor({ desired, observed }: PlanInputs) {
    this.#nodes = new Map(observed.nodes.map((node) => [node.name, node.reachable ? node.packages : undefined]));
    this.#migrations = new Map(desired.migrations.map((migration) => [migration.name, migration]));
  }

  carryOut(step: PlanStep, at: string): void {
    if (step.kind === 'stage-promote') return;
    if (isSchemaStep(step)) this.#phase(step, at);
    else this.#switch(step.target.slice('node/'.length), step.after.packages!);
  }

  #switch(node: string, after: Packages): void {
    const before = this.#nodes.get(node)!;
    for (const { name, release } of this.#migrations.values()) {
      if (release === null) continue;
      const reaches = createReach(release);
      if (reaches(after) && !reaches(before)) expect(this.#done.has(name), `${node} needs ${name}`).toBe(true);
    }
    this.#nodes.set(node, after);
  }

  #phase(step: PlanStep, at: string): void {
    const { migration: name, phase } = schemaParams(step);
    const migration = this.#migrations.get(name)!;
    const { release, database, schemaVersion, dependsOn } = migration;
    expect(step.before.schema!.version).toBe(this.versionOf(database));
    if (phase === 'expand') {
      expect(schemaVersion).toBe(this.versionOf(database) + 1);
      for (const need of dependsOn) expect(this.#done.has(need), `${name} needs ${need}`).toBe(true);
    } else if (release !== null) {
      const reaches = createReach(release);
      for (const packages of this.#nodes.values()) expect(packages !== undefined && reaches(packages)).toBe(true);
    }
    expect(step.before.schema!.done).toBe(this.#done.get(name)?.done ?? null);
    this.#done.set(name, applied(migration, phase, at));
    expect(step.after.schema).toEqual({ version: this.versionOf(database), done: phase });
  }

  versionOf(database: string): number {
    const own = [...this.#done.values()].filter(
      ({ migration }) => this.#migrations.get(migration)!.database === database,
    );
    return Math.max(0, ...own.map(({ schemaVersion }) => schemaVersion));
  }

  doneOf(name: string): SchemaPhase | undefined {
    return this.#done.get(name)?.done;
  }

  observe(inputs: PlanInputs): PlanInputs {
    const nodes = inputs.observed.nodes.map((node): ObservedNode => {
      const packages = this.#nodes.get(node.name);
      return node.reachable && packages !== undefined ? { ...node, packages, drift: [] } : node;
    });
    const databases = databaseNames.map((name): ObservedDatabase => {
      const own = [...this.#done.values()].filter(
        ({ migration }) => this.#migrations.get(migration)!.database === name,
      );
      return observedDatabase(this.versionOf(name), { name, applied: own });
    });
    return { ...inputs, observed: { nodes, databases } };
  }
}

/** What a plan carries out, in some order that its needs allow. */
function someOrder({ steps, deferred }: Plan, choices: Iterator<number>): readonly PlanStep[] {
  const late = new Set(deferred.map(({ step }) => step));
  const open = new Map(steps.filter(({ id }) => !late.has(id)).map((step) => [step.id, step]));
  const order: PlanStep[] = [];
  while (open.size > 0) {
    const ready = [...open.values()].filter(({ needs }) => !needs.some((need) => open.has(need)));
    const step = ready[choices.next().value! % ready.length]!;
    open.delete(step.id);
    order.push(step);
  }
  return order;
}

test('in every order that needs allow: expand before the first node, data and contract after the last, versions one by one', () => {
  fc.assert(
    fc.property(cases, fc.infiniteStream(fc.nat(1000)), (inputs, choices) => {
      const world = new World(inputs);
      for (const step of someOrder(plan(inputs), choices)) world.carryOut(step, inputs.at);
    }),
    runs(5_000),
  );
});

test('what is planned again and again, with time passing, ends with everything contracted that was reached', () => {
  fc.assert(
    fc.property(cases, fc.infiniteStream(fc.nat(1000)), (start, choices) => {
      // Who does not answer keeps contracts closed for ever; that is the other test's.
      const { nodes, databases } = start.observed;
      const names = new Set(nodes.filter(({ reachable }) => reachable).map(({ name }) => name));
      fc.pre(names.size > 0);
      const fleet = { ...start.desired.fleet, nodes: start.desired.fleet.nodes.filter(({ name }) => names.has(name)) };
      const answering = nodes.filter(({ name }) => names.has(name));
      let inputs: PlanInputs = {
        ...start,
        desired: { ...start.desired, fleet },
        observed: { nodes: answering, databases },
      };
      const world = new World(inputs);
      for (let round = 0; round < 6; round += 1) {
        const made = plan(inputs);
        if (made.errored) return;
        for (const step of someOrder(made, choices)) world.carryOut(step, inputs.at);
        inputs = world.observe(inputs);
        const record = noteSchemaProgress(inputs.record, inputs.desired, inputs.observed, inputs.at);
        inputs = { ...inputs, record, at: addDuration(inputs.at, 86_400_000) };
      }
      expect(plan(inputs).steps).toEqual([]);
      for (const { name, release, operations } of inputs.desired.migrations) {
        if (release?.['themisdb'] === '>=1.6.0') expect(world.doneOf(name)).toBeUndefined();
        else if (operations.includes(wholeMigration[2]!)) expect(world.doneOf(name)).toBe('contract');
      }
    }),
    runs(2_000),
  );
});

test('a plan with schemas is read back as it was written, and equal inputs give equal bytes', () => {
  fc.assert(
    fc.property(cases, (inputs) => {
      const made = plan(inputs);
      const text = planJson(made);
      expect(parsePlan(text)).toEqual({ plan: made });
      const { desired, observed } = inputs;
      const turned = {
        ...inputs,
        desired: { ...desired, migrations: desired.migrations.toReversed() },
        observed: { ...observed, nodes: observed.nodes.toReversed() },
      };
      expect(planJson(plan(turned))).toBe(text);
      expect(plan({ ...inputs, at: addDuration(inputs.at, 1000) }).planDigest).toBe(made.planDigest);
    }),
    runs(2_000),
  );
});
