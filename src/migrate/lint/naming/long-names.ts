import { longestNameBytes, nameBytes } from '../../sql/auto-name.ts';
import type { LintRule } from '../rule.ts';
import { givenNames } from './given-names.ts';

/** PostgreSQL cuts longer names off without a word, and two of them may become one. */
export const longNames: LintRule = {
  code: 'THM7222',
  name: 'long-names',
  severity: 'error',
  *check(world) {
    const said = new Set<string>();
    for (const { operation, name } of givenNames(world)) {
      const bytes = nameBytes(name);
      if (bytes <= longestNameBytes || said.has(`${operation} ${name}`)) continue;
      said.add(`${operation} ${name}`);
      yield {
        operation,
        summary: `Name ${name} has ${bytes} bytes, of which PostgreSQL keeps ${longestNameBytes}.`,
        fix: 'Choose a shorter name.',
      };
    }
  },
};
