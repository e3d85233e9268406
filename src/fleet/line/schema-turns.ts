import type { Turn } from './turn.ts';

/**
 * Which turns in databases may start: one in each database at once, in the order of the plan. They wait for each other
 * only where the plan says so, and what need not wait may all the same come at the same time.
 */
export function freeSchemaTurns(ready: Iterable<Turn>): readonly Turn[] {
  const turns = [...ready].filter(({ kind }) => kind === 'schema');
  const busy = new Set(turns.filter(({ place }) => place === 'held').map(({ step }) => step.target));
  const free: Turn[] = [];
  for (const turn of turns.sort((a, b) => a.priority - b.priority)) {
    if (turn.place !== 'pending' || turn.missing > 0 || busy.has(turn.step.target)) continue;
    busy.add(turn.step.target);
    free.push(turn);
  }
  return free;
}
