import { parseDuration } from '../../kernel/units/duration.ts';
import { itemsAt, keyPlace, textAt, valuePlace, type Rule } from './rule.ts';

/** A bake can only be extended beyond itself. */
export const stageTimes: Rule = {
  name: 'stage-times',
  *check(world) {
    for (const rollout of world.documents('Rollout')) {
      for (const [index, stage] of itemsAt(rollout.value, 'spec', 'stages').entries()) {
        const limit = textAt(stage, 'bakeLimit');
        const limitMs = limit === undefined ? undefined : parseDuration(limit);
        if (limit === undefined || limitMs === undefined) continue;
        const bake = textAt(stage, 'bake') ?? '0s';
        const bakeMs = parseDuration(bake);
        if (bakeMs === undefined || limitMs >= bakeMs) continue;
        yield {
          code: 'THM1226',
          summary: `The bake limit of stage ${index + 1}, ${limit}, is shorter than its bake of ${bake}.`,
          fix: `Write a bakeLimit of ${bake} or more, or remove it.`,
          at: valuePlace(rollout, 'spec', 'stages', index, 'bakeLimit'),
          related: [{ at: keyPlace(rollout, 'spec', 'stages', index, 'bake'), note: 'the bake' }],
        };
      }
    }
  },
};
