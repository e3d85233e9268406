import { kinds } from '../schema/schemas.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { nameOf, valuePlace, type Rule } from './rule.ts';

/** A kind and a name stand for one document. */
export const duplicateDocuments: Rule = {
  name: 'duplicate-documents',
  *check(world) {
    for (const kind of kinds) {
      if (kind === 'Fleet' || kind === 'Lock') continue;
      const seen = new Map<string, YamlDocument>();
      for (const document of world.documents(kind)) {
        const name = nameOf(document);
        if (name === undefined) continue;
        const first = seen.get(name);
        if (first === undefined) seen.set(name, document);
        else {
          yield {
            code: 'THM1204',
            summary: `A second ${kind} is named "${name}".`,
            fix: 'Rename or remove one of the two.',
            at: valuePlace(document, 'metadata', 'name'),
            related: [{ at: valuePlace(first, 'metadata', 'name'), note: 'the first one' }],
          };
        }
      }
    }
  },
};
