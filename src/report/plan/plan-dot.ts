/**
 * A plan as a Graphviz digraph: a box a step, a cluster a stage of a hop, an arrow from each step to what waits for it.
 * What is deferred is dashed.
 */
import type { DeferredStep, PlanStep, ScheduledStep } from '../../model/plan.ts';
import { describeRevision } from './plan-phrases.ts';
import { hopTitle } from './plan-timeline.ts';
import { describeDeferral, whenOf } from './plan-times.ts';
import { hopViews, isSchema, type PlanView } from './plan-view.ts';

const colors: Readonly<Record<string, string>> = {
  '+': 'darkgreen',
  '~': 'goldenrod',
  '-': 'darkorange',
  '!': 'orangered',
  '<': 'firebrick',
  '?': 'steelblue',
};

/** Ends with a line feed. */
export function planDot(view: PlanView): string {
  const { plan } = view;
  const times = new Map(plan.schedule.map((entry) => [entry.step, entry]));
  const deferred = new Map(plan.deferred.map((entry) => [entry.step, entry]));
  const lines = [
    `digraph plan {`,
    `  label=${quote(`${plan.fleet.name} at ${describeRevision(plan.source)}`)};`,
    `  rankdir=LR;`,
    `  node [shape=box, fontname="sans-serif"];`,
  ];
  for (const hop of hopViews(view)) {
    const title = hopTitle(hop);
    for (const { steps } of [...hop.before, ...hop.after]) {
      for (const step of steps) lines.push(`  ${box(step, view, times.get(step.id), deferred.get(step.id))}`);
    }
    for (const { stage, blocks } of hop.stages) {
      const name = title === '' ? `stage_${stage}` : `hop_${hop.number}_stage_${stage}`;
      const label = title === '' ? `stage ${stage}` : `${title}, stage ${stage}`;
      lines.push(`  subgraph cluster_${name} {`, `    label=${quote(label)};`);
      for (const { steps } of blocks) {
        for (const step of steps) lines.push(`    ${box(step, view, times.get(step.id), deferred.get(step.id))}`);
      }
      lines.push('  }');
    }
  }
  for (const step of plan.steps) for (const need of step.needs) lines.push(`  ${quote(need)} -> ${quote(step.id)};`);
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function box(
  step: PlanStep,
  { symbolOf, describe }: PlanView,
  time: ScheduledStep | undefined,
  deferral: DeferredStep | undefined,
): string {
  const symbol = symbolOf(step);
  const shape = step.kind === 'stage-promote' ? ', shape=diamond' : isSchema(step) ? ', shape=cylinder' : '';
  const styles = [...(step.irreversible === undefined ? [] : ['bold']), ...(deferral === undefined ? [] : ['dashed'])];
  const style = styles.length === 0 ? '' : `, style=${quote(styles.join(','))}`;
  const when =
    deferral === undefined ? (time === undefined ? '' : `\n${whenOf(time)}`) : `\n${describeDeferral(deferral)}`;
  const label = `${symbol} ${step.target}\n${describe(step)}${when}`;
  return `${quote(step.id)} [label=${quote(label)}, color=${colors[symbol] ?? 'black'}${shape}${style}];`;
}

/** A quoted string of the DOT language: only quotes and line ends need care; a lone backslash escapes, so it is doubled. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
