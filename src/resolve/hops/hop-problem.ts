/** The packages after each hop as one problem: package `p` after hop `i` is its own package of the problem. */
import type { ReleaseManifest } from '../../model/release.ts';
import { createFactTable, type Problem, type Term } from '../pubgrub/problem.ts';
import { allValues, difference, releaseValues, type Values, withoutAbsent } from '../pubgrub/values.ts';
import { conflictsWith, parseConflict, satisfies } from '../version-match.ts';
import type { HopRequest } from './hop-request.ts';
import type { Ladder } from './ladder.ts';

export interface HopProblem extends Problem {
  /** By fact: what a release needs of others, in words; undefined for facts about single packages. */
  readonly needs: readonly (string | undefined)[];
}

export function makeHopProblem(ladders: readonly Ladder[], hops: number, request: HopRequest): HopProblem {
  const facts = createFactTable();
  const needs: (string | undefined)[] = [];
  const add = (subject: Term, object: Term | undefined, text?: string): void => {
    facts.add(facts.frame(subject.package, object), subject.values);
    needs.push(text);
  };
  const steps = ladders.map(stepValues);
  const relations = ladders.map((ladder) => relationsOf(ladder, ladders, request));
  for (let hop = 0; hop < hops; hop += 1) {
    const at = (index: number): number => hop * ladders.length + index;
    for (const [index, ladder] of ladders.entries()) {
      const count = ladder.rungs.length;
      const all = allValues(count);
      if (hop === hops - 1) {
        add({ package: at(index), values: difference(all, releaseValues(count, [count - 1])) }, undefined);
        continue;
      }
      if (ladder.isInstalled) {
        const reached = hop === 0 ? releaseValues(count, ladder.next[0]!) : releaseValues(count, ladder.rungs.keys());
        add({ package: at(index), values: difference(all, reached) }, undefined);
      }
      for (const { own, missed } of steps[index]!) {
        add({ package: at(index), values: own }, { package: at(index) + ladders.length, values: missed });
      }
      for (const { rung, other, values, text } of relations[index]!) {
        const subject = { package: at(index), values: steps[index]![rung]!.own };
        add(subject, other === undefined ? undefined : { package: at(other), values }, text);
      }
    }
  }
  const packages = Array.from({ length: hops }, () => ladders)
    .flat()
    .map(({ rungs }) => ({ count: rungs.length, preference: [...rungs.keys()].reverse() }));
  return { packages, facts, needs };
}

/** By rung: the rung as a set, and all that it does not lead to, being absent included. */
function stepValues({ rungs, next }: Ladder): readonly { readonly own: Values; readonly missed: Values }[] {
  const all = allValues(rungs.length);
  return rungs.map((_, rung) => ({
    own: releaseValues(rungs.length, [rung]),
    missed: difference(all, releaseValues(rungs.length, next[rung]!)),
  }));
}

interface Relation {
  readonly rung: number;
  /** undefined: the release can never be passed through. */
  readonly other: number | undefined;
  /** What the other may not be. */
  readonly values: Values;
  readonly text: string;
}

function relationsOf(ladder: Ladder, ladders: readonly Ladder[], request: HopRequest): readonly Relation[] {
  const indexOf = new Map(ladders.map(({ name }, index) => [name, index]));
  const never: Values = [];
  const relations: Relation[] = [];
  for (const [rung, { manifest }] of ladder.rungs.entries()) {
    for (const rule of manifest === undefined ? [] : rulesOf(manifest)) {
      // As in a lock, a release stands in no relation to itself.
      if (rule.package === ladder.name) continue;
      const other = indexOf.get(rule.package);
      if (other !== undefined) {
        const { rungs } = ladders[other]!;
        const allowed = releaseValues(
          rungs.length,
          [...rungs.keys()].filter((at) => rule.allows(rungs[at]!.version)),
        );
        const rest = difference(allValues(rungs.length), allowed);
        const values = rule.isNeeded ? rest : withoutAbsent(rest);
        relations.push({ rung, other, values, text: rule.text });
        continue;
      }
      // Left as it is, or nowhere: then only what is installed counts.
      const left = request.installed[rule.package];
      if (left === undefined ? !rule.isNeeded : rule.allows(left.version)) continue;
      const why = left === undefined ? 'is neither installed nor wanted' : `is ${left.version} and stays so`;
      relations.push({ rung, other: undefined, values: never, text: `${rule.text}, which ${why}` });
    }
  }
  return relations;
}

interface BesideRule {
  readonly package: string;
  readonly isNeeded: boolean;
  readonly allows: (version: string) => boolean;
  readonly text: string;
}

/** What a release asks of the packages beside it. */
function rulesOf(manifest: ReleaseManifest): readonly BesideRule[] {
  const what = `${manifest.package} ${manifest.version}`;
  return manifest.dependencies.flatMap(({ package: name, versionConstraint, optional, conflicts }) => [
    {
      package: name,
      isNeeded: !optional,
      allows: (version: string) => satisfies(version, versionConstraint),
      text: `${what} ${optional ? 'works with' : 'needs'} ${name} ${versionConstraint}`,
    },
    ...conflicts.map((text): BesideRule => {
      const conflict = parseConflict(text);
      return {
        package: conflict.package,
        isNeeded: false,
        allows: (version) => !conflictsWith(conflict, version),
        text: `${what} cannot be beside ${text}`,
      };
    }),
  ]);
}
