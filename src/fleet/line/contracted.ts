import type { FleetProgram } from './program.ts';
import type { Turn } from './turn.ts';

/**
 * Turns that stay as they are on the way back because a database was contracted after them: all that the contract came
 * after, hop by hop. What it took away, they would miss.
 */
export function beforeContracts({ turns }: FleetProgram): ReadonlySet<Turn> {
  const kept = new Set<Turn>();
  const work = [...turns.values()].filter(isContracted);
  for (let turn = work.pop(); turn !== undefined; turn = work.pop()) {
    if (kept.has(turn)) continue;
    kept.add(turn);
    for (const need of turn.step.needs) work.push(turns.get(need)!);
    const previous = turn.node?.turns[turn.hop - 1];
    if (previous !== undefined) work.push(previous);
  }
  return kept;
}

/** Done, or half done. */
function isContracted({ kind, undo, endOrder, asBefore }: Turn): boolean {
  return kind === 'schema' && undo === 'irreversible' && endOrder >= 0 && !asBefore;
}
