import { databaseOf, schemaParams } from '../../actions/schema-step.ts';
import type { ObservedDatabase } from '../../model/schema/database.ts';
import type { Turn } from './turn.ts';

/**
 * Which turns in databases may start: one in each database at once, first of the migration that is open there, since
 * nothing else is let in before it has ended, then in the order of the plan. They wait for each other only where the
 * plan says so, and what need not wait may all the same come at the same time.
 */
export function freeSchemaTurns(ready: Iterable<Turn>, databases: readonly ObservedDatabase[]): readonly Turn[] {
  const turns = [...ready].filter(({ kind }) => kind === 'schema');
  if (turns.length === 0) return turns;
  const busy = new Set(turns.filter(({ place }) => place === 'held').map(({ step }) => step.target));
  const open = new Map(databases.map((one) => [one.name, one.reachable ? one.open?.migration : undefined]));
  const rank = ({ step }: Turn): number => Number(open.get(databaseOf(step)) !== schemaParams(step).migration);
  const free: Turn[] = [];
  for (const turn of turns.sort((a, b) => rank(a) - rank(b) || a.priority - b.priority)) {
    if (turn.place !== 'pending' || turn.missing > 0 || busy.has(turn.step.target)) continue;
    busy.add(turn.step.target);
    free.push(turn);
  }
  return free;
}
