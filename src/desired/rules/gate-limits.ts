import { parseDuration } from '../../kernel/units/duration.ts';
import { parseSize } from '../../kernel/units/size.ts';
import type { Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { itemsAt, keyPlace, textAt, valueAt, valuePlace, type Rule } from './rule.ts';

type Unit = 'rate' | 'duration' | 'share or size' | 'size' | 'number';

const units: Readonly<Record<string, Unit>> = {
  errorRate: 'rate',
  transactionFailureRate: 'rate',
  cpu: 'rate',
  latencyP50: 'duration',
  latencyP95: 'duration',
  latencyP99: 'duration',
  memory: 'share or size',
  diskIo: 'size',
  custom: 'number',
};

const wanted: Readonly<Record<Unit, string>> = {
  rate: 'a number from 0 to 1, for example 0.05',
  duration: 'a duration, for example 500ms',
  'share or size': 'a number from 0 to 1 or a size, for example 4GiB',
  size: 'a size per second, for example 200MiB',
  number: 'a number',
};

/** A gate has a limit it can be held to, in the unit of its metric. */
export const gateLimits: Rule = {
  name: 'gate-limits',
  *check(world) {
    for (const rollout of world.documents('Rollout')) {
      for (const index of itemsAt(rollout.value, 'spec', 'gates').keys()) yield* checkGate(rollout, index);
    }
  },
};

function* checkGate(rollout: YamlDocument, index: number): Generator<Problem> {
  const gate = valueAt(rollout.value, 'spec', 'gates', index);
  const metric = textAt(gate, 'metric');
  const unit = metric === undefined ? undefined : units[metric];
  if (metric === undefined || unit === undefined) return;
  const has = (field: string): boolean => valueAt(gate, field) !== undefined;
  const at = (field: string) => keyPlace(rollout, 'spec', 'gates', index, field);
  if (!has('max') && !has('min') && !has('compare')) {
    const fix = 'Add "max:", or "compare: control" with "worseBy:".';
    yield { code: 'THM1227', summary: `The gate on ${metric} has no limit.`, fix, at: at('metric') };
  }
  if (has('compare') !== has('worseBy')) {
    const [present, absent] = has('compare') ? ['compare', 'worseBy: 0.1'] : ['worseBy', 'compare: control'];
    const summary = `The gate on ${metric} has "${present}" without "${absent.split(':')[0]!}".`;
    yield { code: 'THM1227', summary, fix: `Add "${absent}".`, at: at(present) };
  }
  if ((metric === 'custom') !== has('query')) {
    const summary = metric === 'custom' ? 'The custom gate has no query.' : `The gate on ${metric} takes no query.`;
    const fix = metric === 'custom' ? 'Add "query:".' : 'Remove the query, or write "metric: custom".';
    yield { code: 'THM1227', summary, fix, at: at(metric === 'custom' ? 'metric' : 'query') };
  }
  if (has('min') && metric !== 'custom') {
    const fix = 'Remove it, or write "metric: custom" with a query.';
    yield { code: 'THM1227', summary: `The gate on ${metric} takes no lower limit.`, fix, at: at('min') };
  }
  const max = valueAt(gate, 'max');
  if (max === undefined || fits(unit, max)) return;
  yield {
    code:
      typeof max === 'string' && unit === 'duration'
        ? 'THM1112'
        : typeof max === 'string' && unit !== 'rate'
          ? 'THM1113'
          : 'THM1108',
    summary: `The limit ${JSON.stringify(max)} of the gate on ${metric} is not ${wanted[unit].split(',')[0]!}.`,
    fix: `Write ${wanted[unit]}.`,
    at: valuePlace(rollout, 'spec', 'gates', index, 'max'),
  };
}

function fits(unit: Unit, max: unknown): boolean {
  const isShare = typeof max === 'number' && max >= 0 && max <= 1;
  const isSize = typeof max === 'string' && parseSize(max) !== undefined;
  switch (unit) {
    case 'rate':
      return isShare;
    case 'duration':
      return typeof max === 'string' && parseDuration(max) !== undefined;
    case 'share or size':
      return isShare || isSize;
    case 'size':
      return isSize;
    case 'number':
      return typeof max === 'number';
  }
}
