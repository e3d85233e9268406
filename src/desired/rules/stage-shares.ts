import type { Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { itemsAt, nameOf, numberAt, textAt, valuePlace, type Rule } from './rule.ts';

/** Shares rise, nobody stands in two stages, every stage takes somebody, and the last one leaves nobody out. */
export const stageShares: Rule = {
  name: 'stage-shares',
  *check(world) {
    const [fleet] = world.documents('Fleet');
    const nodes = itemsAt(fleet?.value, 'spec', 'nodes').flatMap((node) => textAt(node, 'name') ?? []);
    const used = textAt(fleet?.value, 'spec', 'rollout');
    for (const rollout of world.documents('Rollout')) {
      yield* risingShares(rollout);
      yield* nodesTwice(rollout);
      const isUsed = world.complete && nodes.length > 0 && nameOf(rollout) === used;
      yield* coverage(rollout, isUsed ? nodes : undefined);
    }
  },
};

function* risingShares(rollout: YamlDocument): Generator<Problem> {
  let last: { readonly percentage: number; readonly index: number } | undefined;
  for (const [index, stage] of itemsAt(rollout.value, 'spec', 'stages').entries()) {
    const percentage = numberAt(stage, 'percentage');
    if (percentage === undefined) continue;
    if (last !== undefined && percentage <= last.percentage) {
      const shrinks = percentage < last.percentage;
      yield {
        code: shrinks ? 'THM1220' : 'THM1222',
        summary: shrinks
          ? `Stage ${index + 1} shrinks to ${percentage} % after the ${last.percentage} % of stage ${last.index + 1}.`
          : `Stage ${index + 1} is empty: stage ${last.index + 1} already has ${percentage} % of the nodes.`,
        fix: 'Percentages are cumulative: let them rise from stage to stage, to 100.',
        at: valuePlace(rollout, 'spec', 'stages', index, 'percentage'),
        related: [{ at: valuePlace(rollout, 'spec', 'stages', last.index, 'percentage'), note: 'the share before' }],
      };
    } else last = { percentage, index };
  }
}

function* nodesTwice(rollout: YamlDocument): Generator<Problem> {
  const seen = new Map<string, readonly [number, number]>();
  for (const [index, stage] of itemsAt(rollout.value, 'spec', 'stages').entries()) {
    for (const [position, name] of itemsAt(stage, 'nodes').entries()) {
      if (typeof name !== 'string') continue;
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, [index, position]);
        continue;
      }
      const where =
        first[0] === index ? `twice in stage ${index + 1}` : `in stage ${first[0] + 1} and stage ${index + 1}`;
      yield {
        code: 'THM1221',
        summary: `Node "${name}" stands ${where}.`,
        fix: 'Name every node in one stage only.',
        at: valuePlace(rollout, 'spec', 'stages', index, 'nodes', position),
        related: [{ at: valuePlace(rollout, 'spec', 'stages', first[0], 'nodes', first[1]), note: 'first named here' }],
      };
    }
  }
}

/** `nodes` is undefined for a Rollout that the Fleet does not use: then only what is wrong for every fleet counts. */
function* coverage(rollout: YamlDocument, nodes: readonly string[] | undefined): Generator<Problem> {
  const stages = itemsAt(rollout.value, 'spec', 'stages');
  if (stages.length === 0) return;
  const top = Math.max(0, ...stages.map((stage) => numberAt(stage, 'percentage') ?? 0));
  const named = new Set(stages.flatMap((stage) => itemsAt(stage, 'nodes')));
  if (named.size === 0 && nodes !== undefined) yield* emptyShares(rollout, stages, nodes.length);
  const missing = nodes?.filter((name) => !named.has(name));
  if (top >= 100 || (missing === undefined ? top === 0 : missing.length === 0)) return;
  yield {
    code: 'THM1225',
    summary:
      top > 0
        ? `The last share is ${top} %, so the rollout never reaches everyone.`
        : `The stages leave out ${missing!.length} of ${nodes!.length} nodes, for example "${missing![0]!}".`,
    fix: 'End with a stage of "percentage: 100".',
    at: valuePlace(rollout, 'spec', 'stages', stages.length - 1),
  };
}

/** A share that rounds down to nobody new. Shares that do not rise have their own finding. */
function* emptyShares(rollout: YamlDocument, stages: readonly unknown[], count: number): Generator<Problem> {
  let covered = 0;
  let highest = 0;
  for (const [index, stage] of stages.entries()) {
    const percentage = numberAt(stage, 'percentage');
    if (percentage === undefined || percentage <= highest || percentage > 100) continue;
    highest = percentage;
    const share = Math.floor((percentage * count) / 100);
    const atLeast = numberAt(stage, 'atLeast') ?? 0;
    if (share <= covered && atLeast === 0) {
      yield {
        severity: 'warning',
        code: 'THM1223',
        summary: `Stage ${index + 1} takes no new node and is skipped: ${percentage} % of ${count} nodes, rounded down, is ${share}.`,
        fix: 'Raise the percentage, or add "atLeast: 1".',
        at: valuePlace(rollout, 'spec', 'stages', index, 'percentage'),
      };
    }
    covered = Math.min(count, Math.max(share, covered + atLeast));
  }
}
