import { topologicalOrder } from '../../../kernel/graph.ts';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import type { Problem } from '../../problem.ts';
import { itemsAt, nameOf, numberAt, textAt, valuePlace, type Rule } from '../rule.ts';

/**
 * Migrations come one after the other: no circle of dependsOn and schema versions, one migration for each schema version
 * of a database.
 */
export const migrationOrder: Rule = {
  name: 'migration-order',
  *check(world) {
    const byName = new Map<string, YamlDocument>();
    const versions = new Map<string, YamlDocument>();
    for (const migration of world.documents('Migration')) {
      const name = nameOf(migration);
      if (name !== undefined && !byName.has(name)) byName.set(name, migration);
      const database = textAt(migration.value, 'spec', 'database');
      const version = numberAt(migration.value, 'spec', 'schemaVersion');
      if (database === undefined || version === undefined) continue;
      const first = versions.get(`${database} ${version}`);
      if (first === undefined) versions.set(`${database} ${version}`, migration);
      else {
        yield {
          code: 'THM1216',
          summary: `Two migrations of database "${database}" end at schema version ${version}.`,
          fix: 'Give the later one the next free schema version.',
          at: valuePlace(migration, 'spec', 'schemaVersion'),
          related: [{ at: valuePlace(first, 'spec', 'schemaVersion'), note: `migration "${nameOf(first) ?? ''}"` }],
        };
      }
    }
    const before = ({ value }: YamlDocument): readonly string[] => {
      const version = numberAt(value, 'spec', 'schemaVersion') ?? 0;
      const earlier = versions.get(`${textAt(value, 'spec', 'database') ?? ''} ${version - 1}`);
      return earlier === undefined ? [] : [nameOf(earlier) ?? ''];
    };
    const needs = new Map([...byName].map(([name, one]) => [name, [...needsOf(one), ...before(one)]]));
    const circle = circleOf(needs, byName);
    if (circle !== undefined) yield circle;
  },
};

function circleOf(
  needs: ReadonlyMap<string, readonly string[]>,
  byName: ReadonlyMap<string, YamlDocument>,
): Problem | undefined {
  const sorted = topologicalOrder(needs);
  if (!('cycle' in sorted)) return undefined;
  const edges = sorted.cycle.slice(1).map((need, index) => {
    const name = sorted.cycle[index]!;
    const migration = byName.get(name)!;
    const entry = needsOf(migration).indexOf(need);
    return entry === -1
      ? { at: valuePlace(migration, 'spec', 'schemaVersion'), note: `"${name}" makes the version after "${need}"` }
      : { at: valuePlace(migration, 'spec', 'dependsOn', entry), note: `"${name}" depends on "${need}"` };
  });
  return {
    code: 'THM1217',
    summary: `Migrations depend on each other in a circle: ${sorted.cycle.join(' -> ')}.`,
    fix: 'Remove one of these dependsOn entries.',
    at: edges[0]!.at,
    related: edges.slice(1),
  };
}

function needsOf(migration: YamlDocument): readonly string[] {
  return itemsAt(migration.value, 'spec', 'dependsOn').map((need) => (typeof need === 'string' ? need : ''));
}
