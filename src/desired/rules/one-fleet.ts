import type { Problem } from '../problem.ts';
import { keyPlace, nameOf, valuePlace, type Rule, type World } from './rule.ts';

/** One Fleet and at most one Lock in a directory tree. */
export const oneFleet: Rule = {
  name: 'one-fleet',
  *check(world) {
    const [first, ...more] = world.documents('Fleet');
    if (first === undefined && world.complete && world.unclear.length === 0) {
      yield {
        code: 'THM1201',
        summary: 'There is no Fleet here.',
        fix: 'Run "themis init" for a new fleet, or name the directory that holds one with -C.',
        at: undefined,
      };
    }
    for (const fleet of more) {
      yield {
        code: 'THM1202',
        summary: `A second Fleet, "${nameOf(fleet) ?? ''}", in the same directory tree.`,
        fix: 'Keep one Fleet in each directory tree; move the other to a directory of its own.',
        at: valuePlace(fleet, 'metadata', 'name'),
        related: [{ at: valuePlace(first!, 'metadata', 'name'), note: `the first is "${nameOf(first!) ?? ''}"` }],
      };
    }
    yield* secondLock(world);
  },
};

function* secondLock(world: World): Generator<Problem> {
  const [first, ...more] = world.documents('Lock');
  for (const lock of more) {
    yield {
      code: 'THM1204',
      summary: 'A second Lock in the same directory tree.',
      fix: 'Keep only themis.lock.yaml, beside the Fleet.',
      at: valuePlace(lock, 'kind'),
      related: [{ at: keyPlace(first!, 'packages'), note: 'the first Lock' }],
    };
  }
}
