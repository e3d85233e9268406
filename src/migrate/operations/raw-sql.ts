/** `rawSql`: SQL as it is, in the phase it names, with the SQL that takes it back or the reason why nothing can. */
import type { SchemaOperation } from '../operation.ts';

export const rawSql: SchemaOperation<'rawSql'> = {
  kind: 'rawSql',
  traits: ({ phase = 'expand', transactional = true, down, irreversible = '' }) => ({
    phases: [phase],
    transactional,
    inverse:
      down === undefined
        ? { kind: 'irreversible', why: irreversible }
        : { kind: 'inverse', describe: `runs ${shortened(down)}` },
    rewrites: false,
    lock: 'everybody',
    graceMs: 0,
    tables: [],
  }),
  describe: ({ up }) => `runs ${shortened(up)}`,
  steps({ up, down, irreversible = '', transactional = true, phase: own = 'expand' }, phase) {
    if (own !== phase) return [];
    const run = (sql: string) => ({ kind: transactional ? 'statements' : 'bare', statements: [sql] }) as const;
    return [
      {
        key: 'run',
        title: `runs ${shortened(up)}`,
        action: run(up),
        undo: down === undefined ? { kind: 'irreversible', why: irreversible } : run(down),
        lock: 'everybody',
        rewrites: false,
      },
    ];
  },
};

const longestExcerpt = 60;

function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/gu, ' ').trim();
  return line.length > longestExcerpt ? `${line.slice(0, longestExcerpt)}…` : line;
}
