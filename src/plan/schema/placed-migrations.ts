/**
 * Where in a plan each migration has its phases. Expand comes before the hop in which the first node gets the release,
 * migrate after the one in which the last node does, contract at the end. What a migration comes after (the schema
 * version before it, and what it depends on) is expanded no later than it is itself.
 */
import { topologicalOrder } from '../../kernel/graph.ts';
import type { Notes } from '../findings/notes.ts';
import type { DatabaseWork, MigrationWork } from './database-works.ts';
import { arrivalOf, describeStragglers, type Arrival, type Journey } from './node-journeys.ts';
import { describeRelease } from './release-reach.ts';

export interface PlacedMigration extends MigrationWork {
  readonly database: DatabaseWork;
  /** Of its release; null: it waits for none. */
  readonly arrival: Arrival | null;
  /** Those with something left that come before it. */
  readonly needs: readonly PlacedMigration[];
  /** Index of the hop before which it is expanded; null: done, or not in this plan. */
  readonly expandAt: number | null;
  /** Data and contract belong to this plan, if only to say what they wait for. */
  readonly goesOn: boolean;
}

interface Placing extends PlacedMigration {
  needs: readonly Placing[];
  expandAt: number | null;
  goesOn: boolean;
}

/** Each after what it needs. `isWanted`: whether what the lock pins reaches a release. */
export function placeMigrations(
  databases: readonly DatabaseWork[],
  journeys: readonly Journey[],
  isWanted: (release: NonNullable<MigrationWork['migration']['release']>) => boolean,
  notes: Notes,
): readonly PlacedMigration[] {
  const placed = ordered(databases, journeys);
  for (const one of placed) {
    const { arrival, left, migration } = one;
    const { release } = migration;
    if (left[0] === 'expand') one.expandAt = expandAt(arrival);
    one.goesOn = arrival === null || arrival.wanted > 0;
    if (release !== null && !one.goesOn && !isWanted(release)) {
      notes.note('schemaNotReached', {
        summary: `Migration ${migration.name} waits: the fleet is not to get ${describeRelease(release)} yet.`,
        address: `migration/${migration.name}`,
      });
    }
  }
  for (const one of placed.toReversed()) {
    for (const need of one.needs) {
      if (one.expandAt === null || need.left[0] !== 'expand') continue;
      need.expandAt = Math.min(need.expandAt ?? one.expandAt, one.expandAt);
    }
  }
  for (const one of placed) noteDistance(one, notes);
  return placed;
}

function expandAt(arrival: Arrival | null): number | null {
  return arrival === null || arrival.already.length > 0 ? 0 : arrival.first;
}

function ordered(databases: readonly DatabaseWork[], journeys: readonly Journey[]): readonly Placing[] {
  const byName = new Map<string, Placing>();
  const needs = new Map<string, readonly string[]>();
  for (const database of databases) {
    for (const [index, work] of database.migrations.entries()) {
      const { name, release, dependsOn } = work.migration;
      const before = database.migrations[index - 1]?.migration.name;
      needs.set(name, [...new Set([...(before === undefined ? [] : [before]), ...dependsOn])]);
      const arrival = release === null ? null : arrivalOf(release, journeys);
      byName.set(name, { ...work, database, arrival, needs: [], expandAt: null, goesOn: false });
    }
  }
  const sorted = topologicalOrder(needs);
  // A circle is a finding of the desired state; whoever plans all the same gets the order of the versions.
  const names = 'order' in sorted ? sorted.order : [...needs.keys()];
  const seen = new Set<string>();
  return names.map((name) => {
    const one = byName.get(name)!;
    one.needs = needs.get(name)!.flatMap((need) => (seen.has(need) ? [byName.get(need)!] : []));
    seen.add(name);
    return one;
  });
}

/** What may be late, and nodes that are more than one schema version apart from others. */
function noteDistance({ migration, arrival, expandAt: at, needs, database }: PlacedMigration, notes: Notes): void {
  if (at === null || arrival === null || migration.release === null) return;
  const { name, schemaVersion, release } = migration;
  for (const node of arrival.already) {
    notes.gather('schemaLate', name, node, (names, count) => ({
      summary: `${names} ${count === 1 ? 'has' : 'have'} ${describeRelease(release)} already, which needs migration ${name}; it is expanded before anything else.`,
      address: `migration/${name}`,
    }));
  }
  const before = needs.find((need) => need.database === database);
  if (before?.arrival === undefined || before.arrival === null || arrival.first === null) return;
  const isOneJump = arrival.replaces && before.arrival.first === arrival.first;
  if (!isOneJump && before.arrival.behind.length === 0) return;
  const { behind } = before.arrival;
  const who = behind.length > 0 ? `${describeStragglers(behind)}, needs` : 'Nodes that wait for their turn need';
  notes.note('schemaApart', {
    summary: `${who} schema version ${schemaVersion - 2} of database ${database.name} while others get ${schemaVersion}: two versions apart.`,
    fix: `Let every node have ${describeRelease(before.migration.release!)} before the next release, or see that ${schemaVersion} serves what ${schemaVersion - 2} does.`,
    address: `migration/${name}`,
  });
}
