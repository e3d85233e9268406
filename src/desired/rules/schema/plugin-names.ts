import semver from 'semver';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import { itemsAt, textAt, valuePlace, type Rule } from '../rule.ts';

/** Of a package, as npm has it. */
const longestName = 214;
const taken = new Set(['node_modules', 'favicon.ico']);

/** A plug-in is named as a package is, and one version of it serves all migrations. */
export const pluginNames: Rule = {
  name: 'plugin-names',
  *check(world) {
    const ranges = new Map<string, { range: string; document: YamlDocument; index: number }[]>();
    for (const document of world.documents('Migration')) {
      for (const [index, operation] of itemsAt(document.value, 'spec', 'operations').entries()) {
        const name = textAt(operation, 'custom', 'plugin');
        if (name === undefined) continue;
        const place = ['spec', 'operations', index, 'custom'] as const;
        if (name.length > longestName || taken.has(name)) {
          yield {
            code: 'THM1246',
            summary: `No package can be called ${JSON.stringify(name.slice(0, 60))}.`,
            fix: 'Name the package of the plug-in.',
            at: valuePlace(document, ...place, 'plugin'),
          };
        }
        const range = textAt(operation, 'custom', 'version');
        if (range === undefined || semver.validRange(range) === null) continue;
        const known = ranges.get(name) ?? [];
        ranges.set(name, [...known, { range, document, index }]);
        const other = known.find((one) => !semver.intersects(one.range, range));
        if (other === undefined) continue;
        yield {
          code: 'THM1247',
          summary: `No version of plug-in "${name}" is in both ${other.range} and ${range}.`,
          fix: 'One version serves all migrations: let the ranges meet.',
          at: valuePlace(document, ...place, 'version'),
          related: [
            {
              at: valuePlace(other.document, 'spec', 'operations', other.index, 'custom', 'version'),
              note: `needs ${other.range}`,
            },
          ],
        };
      }
    }
  },
};
