import { hiddenPrefix } from '../../names.ts';
import type { LintRule } from '../rule.ts';
import { givenNames } from './given-names.ts';

const ownSchema = 'themis';

/** What Themis keeps in a database is no part of the catalog: whoever writes to it writes past its records. */
export const reservedNames: LintRule = {
  code: 'THM7223',
  name: 'reserved-names',
  severity: 'error',
  *check(world) {
    const said = new Set<string>();
    for (const { operation, name, isSchema } of givenNames(world)) {
      const reserved = name.startsWith(hiddenPrefix) || (isSchema && name === ownSchema);
      if (!reserved || said.has(`${operation} ${name}`)) continue;
      said.add(`${operation} ${name}`);
      yield {
        operation,
        summary: `${isSchema ? 'Schema' : 'Name'} ${name} belongs to Themis.`,
        fix: `Choose a name that does not begin with ${hiddenPrefix}, in a schema other than ${ownSchema}.`,
      };
    }
  },
};
