import { itemsAt, nameOf, numberAt, textAt, valuePlace, type Rule } from './rule.ts';

/** maxUnavailable leaves every cluster its quorum; quorum is kept at run time in any case, so this only warns. */
export const unavailableShare: Rule = {
  name: 'unavailable-share',
  *check(world) {
    const [fleet] = world.documents('Fleet');
    if (fleet === undefined) return;
    const used = textAt(fleet.value, 'spec', 'rollout');
    const sizes = new Map<string, number>();
    for (const node of itemsAt(fleet.value, 'spec', 'nodes')) {
      const cluster = textAt(node, 'cluster') ?? nameOf(fleet) ?? '';
      sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
    }
    for (const rollout of world.documents('Rollout')) {
      const limit = numberAt(rollout.value, 'spec', 'maxUnavailable');
      if (limit === undefined || limit <= 1 || nameOf(rollout) !== used) continue;
      const smallest = [...sizes]
        .filter(([, size]) => size > 2)
        .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))[0];
      if (smallest === undefined) continue;
      const [cluster, size] = smallest;
      const spare = size - (Math.floor(size / 2) + 1);
      if (limit <= spare) continue;
      yield {
        severity: 'warning',
        code: 'THM1231',
        summary: `maxUnavailable is ${limit}, but cluster "${cluster}" of ${size} nodes keeps its quorum with at most ${spare} down.`,
        fix: `Write ${spare} or less; Themis keeps the quorum whatever stands here.`,
        at: valuePlace(rollout, 'spec', 'maxUnavailable'),
      };
    }
  },
};
