import { topologicalOrder } from '../../../kernel/graph.ts';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import { itemsAt, nameOf, numberAt, textAt, valuePlace, type Rule } from '../rule.ts';

/** Migrations come one after the other: no circle of dependsOn, one migration for each schema version of a database. */
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
    const sorted = topologicalOrder(new Map([...byName].map(([name, migration]) => [name, needsOf(migration)])));
    if (!('cycle' in sorted)) return;
    const edges = sorted.cycle.slice(1).map((need, index) => {
      const name = sorted.cycle[index]!;
      const migration = byName.get(name)!;
      return { need, name, at: valuePlace(migration, 'spec', 'dependsOn', needsOf(migration).indexOf(need)) };
    });
    yield {
      code: 'THM1217',
      summary: `Migrations depend on each other in a circle: ${sorted.cycle.join(' -> ')}.`,
      fix: 'Remove one of these dependsOn entries.',
      at: edges[0]!.at,
      related: edges.slice(1).map(({ need, name, at }) => ({ at, note: `"${name}" depends on "${need}"` })),
    };
  },
};

function needsOf(migration: YamlDocument): readonly string[] {
  return itemsAt(migration.value, 'spec', 'dependsOn').map((need) => (typeof need === 'string' ? need : ''));
}
