import { keyPlace, textAt, valueAt, type Rule } from '../rule.ts';

/** The engine of a Database is the one its place belongs to. */
export const databaseEngine: Rule = {
  name: 'database-engine',
  *check(world) {
    for (const database of world.documents('Database')) {
      const engine = textAt(database.value, 'spec', 'engine');
      const embedded = valueAt(database.value, 'spec', 'pglite') !== undefined;
      const url = valueAt(database.value, 'spec', 'urlFrom') !== undefined;
      if (engine === undefined || embedded === url || embedded === (engine === 'pglite')) continue;
      const place = embedded ? 'pglite' : 'urlFrom';
      yield {
        code: 'THM1244',
        summary: `Engine ${engine} does not go with ${place}.`,
        fix: embedded
          ? 'Remove the engine, or write urlFrom instead of pglite.'
          : 'Write pglite with a directory instead of urlFrom.',
        at: keyPlace(database, 'spec', place),
      };
    }
  },
};
