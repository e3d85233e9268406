/**
 * A plan as JSON: lossless, members in the order of the format's description, one list entry a line, so that two plans
 * can be compared line by line. The same text is the plan file. Ends with a line feed.
 */
import type { Plan } from '../../model/plan.ts';

const order = [
  'formatVersion',
  'themisVersion',
  'fleet',
  'createdAt',
  'expiresAt',
  'scope',
  'source',
  'desiredDigest',
  'targetDigest',
  'observedDigest',
  'planDigest',
  'applyable',
  'complete',
  'errored',
  'drift',
  'transitions',
  'steps',
  'constraints',
  'schedule',
  'deferred',
  'findings',
  'summary',
] as const satisfies readonly (keyof Plan)[];

export function planJson(plan: Plan): string {
  const members = plan as unknown as Readonly<Record<string, unknown>>;
  const known: ReadonlySet<string> = new Set(order);
  // What a newer version added stays in, after what this one knows.
  const names = [...order, ...Object.keys(plan).filter((name) => !known.has(name))];
  const lines = names
    .filter((name) => members[name] !== undefined)
    .map((name) => `  ${JSON.stringify(name)}: ${memberText(members[name])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function memberText(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length === 0) return '[]';
  return `[\n${value.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;
}
