import semver from 'semver';
import { compareText } from '../../../kernel/finding.ts';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import { fieldsAt, itemsAt, nameOf, numberAt, textAt, valuePlace, type Rule } from '../rule.ts';

/**
 * Migrations and releases are one order: what a migration comes after must not wait for a later release than its own.
 * It comes after what it depends on, and after the schema version before it in its database.
 */
export const migrationReleases: Rule = {
  name: 'migration-releases',
  *check(world) {
    const byName = new Map<string, YamlDocument>();
    const byVersion = new Map<string, YamlDocument>();
    for (const migration of world.documents('Migration')) {
      byName.set(nameOf(migration) ?? '', migration);
      byVersion.set(versionKey(migration, 0), migration);
    }
    for (const migration of world.documents('Migration')) {
      const before = byVersion.get(versionKey(migration, -1));
      const needs = itemsAt(migration.value, 'spec', 'dependsOn').map((need) => byName.get(String(need)));
      for (const earlier of new Set([before, ...needs])) {
        const late = earlier === undefined ? undefined : laterRelease(earlier, migration);
        if (earlier === undefined || late === undefined) continue;
        const [name, other] = [nameOf(migration) ?? '', nameOf(earlier) ?? ''];
        const { package: of, own, needed } = late;
        yield {
          code: 'THM1219',
          summary: `Migration "${name}" of ${of} ${own} comes after "${other}", which waits for ${of} ${needed}: neither can be first.`,
          fix: `Let "${other}" wait for no later release than "${name}" does, or put them in the other order.`,
          at: valuePlace(migration, 'spec', 'release', of),
          related: [{ at: valuePlace(earlier, 'spec', 'release', of), note: `migration "${other}"` }],
        };
      }
    }
  },
};

function versionKey({ value }: YamlDocument, offset: number): string {
  return `${textAt(value, 'spec', 'database') ?? ''} ${(numberAt(value, 'spec', 'schemaVersion') ?? 0) + offset}`;
}

/** The first package, by name, of which `earlier` needs a later version than `own` does. */
function laterRelease(earlier: YamlDocument, own: YamlDocument) {
  const ranges = new Map(fieldsAt(own.value, 'spec', 'release'));
  for (const [name, range] of [...fieldsAt(earlier.value, 'spec', 'release')].sort(([a], [b]) => compareText(a, b))) {
    const [ownRange, needed] = [String(ranges.get(name)), String(range)];
    if (!ranges.has(name) || semver.validRange(ownRange) === null || semver.validRange(needed) === null) continue;
    const [first, later] = [semver.minVersion(ownRange), semver.minVersion(needed)];
    if (first !== null && later !== null && semver.gt(later, first)) return { package: name, own: ownRange, needed };
  }
  return undefined;
}
