import { compareText } from '../../../kernel/finding.ts';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import { nameOf, numberAt, textAt, valuePlace, type Rule } from '../rule.ts';

/** The schema versions of a database follow each other: each migration takes it one further. The first may be any. */
export const migrationGaps: Rule = {
  name: 'migration-gaps',
  *check(world) {
    // A file that could not be read may hold what is missing.
    if (!world.complete) return;
    const byDatabase = new Map<string, Map<number, YamlDocument>>();
    for (const migration of world.documents('Migration')) {
      const database = textAt(migration.value, 'spec', 'database');
      const version = numberAt(migration.value, 'spec', 'schemaVersion');
      if (database === undefined || version === undefined) continue;
      const known = byDatabase.get(database);
      if (known === undefined) byDatabase.set(database, new Map([[version, migration]]));
      else if (!known.has(version)) known.set(version, migration);
    }
    for (const [database, versions] of [...byDatabase].sort(([a], [b]) => compareText(a, b))) {
      const sorted = [...versions.keys()].sort((a, b) => a - b);
      for (const [index, version] of sorted.entries()) {
        const before = sorted[index - 1];
        if (before === undefined || version === before + 1) continue;
        const [here, there] = [versions.get(version)!, versions.get(before)!];
        yield {
          code: 'THM1218',
          summary: `No migration takes database "${database}" from schema version ${before} to ${version}.`,
          fix: `Give this one schema version ${before + 1}, or add what lies between.`,
          at: valuePlace(here, 'spec', 'schemaVersion'),
          related: [{ at: valuePlace(there, 'spec', 'schemaVersion'), note: `migration "${nameOf(there) ?? ''}"` }],
        };
      }
    }
  },
};
