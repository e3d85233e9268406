import type { LintRule } from '../rule.ts';

/** A document lies in Git, where everybody who reads it has the password for ever. */
export const secret: LintRule = {
  code: 'THM7247',
  name: 'secret',
  severity: 'error',
  isFact: true,
  *check({ scripts }) {
    for (const { operation, secrets } of scripts) {
      const [first] = secrets;
      if (first === undefined) continue;
      const isCertain = secrets.some((one) => one.isCertain);
      yield {
        operation,
        severity: isCertain ? 'error' : 'warning',
        summary: isCertain
          ? 'A secret stands in this SQL, and with it in Git.'
          : 'This SQL holds what looks like a secret.',
        fix: 'Remove it, set it where the database is run, and change it if this was ever pushed.',
      };
    }
  },
};
