/** A plan as a Graphviz digraph: a box a step, a cluster a stage, an arrow from each step to what waits for it. */
import type { PlanStep } from '../../model/plan.ts';
import { describeRevision } from './plan-phrases.ts';
import type { PlanView } from './plan-view.ts';

const colors: Readonly<Record<string, string>> = {
  '+': 'darkgreen',
  '~': 'goldenrod',
  '!': 'orangered',
  '<': 'firebrick',
  '?': 'steelblue',
};

/** Ends with a line feed. */
export function planDot(view: PlanView): string {
  const { plan } = view;
  const stages = Map.groupBy(plan.steps, (step) => step.stage);
  const lines = [
    `digraph plan {`,
    `  label=${quote(`${plan.fleet.name} at ${describeRevision(plan.source)}`)};`,
    `  rankdir=LR;`,
    `  node [shape=box, fontname="sans-serif"];`,
  ];
  for (const [stage, steps] of [...stages].sort(([a], [b]) => a - b)) {
    lines.push(`  subgraph cluster_stage_${stage} {`, `    label="stage ${stage}";`);
    for (const step of steps) lines.push(`    ${box(step, view)}`);
    lines.push('  }');
  }
  for (const step of plan.steps) for (const need of step.needs) lines.push(`  ${quote(need)} -> ${quote(step.id)};`);
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function box(step: PlanStep, { symbolOf, describe }: PlanView): string {
  const symbol = symbolOf(step);
  const shape = step.kind === 'stage-promote' ? ', shape=diamond' : '';
  const style = step.irreversible === undefined ? '' : ', style=bold';
  const label = `${symbol} ${step.target}\n${describe(step)}`;
  return `${quote(step.id)} [label=${quote(label)}, color=${colors[symbol] ?? 'black'}${shape}${style}];`;
}

/** A quoted string of the DOT language: only quotes and line ends need care; a lone backslash escapes, so it is doubled. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
