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
  const shared: SharedTexts = new Map();
  const lines = names
    .filter((name) => members[name] !== undefined)
    .map((name) => `  ${JSON.stringify(name)}: ${memberText(members[name], shared)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Texts of objects that entries share, such as the packages of nodes that are alike. */
type SharedTexts = Map<object, string>;

function memberText(value: unknown, shared: SharedTexts): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length === 0) return '[]';
  return `[\n${value.map((entry) => `    ${entryText(entry, shared)}`).join(',\n')}\n  ]`;
}

/** As JSON.stringify writes it. */
function entryText(entry: unknown, shared: SharedTexts): string {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return JSON.stringify(entry);
  let text = '';
  for (const [name, value] of Object.entries(entry)) {
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}"${name}":`;
    if (typeof value !== 'object' || value === null) {
      text += JSON.stringify(value);
      continue;
    }
    let part = shared.get(value as object);
    if (part === undefined) shared.set(value as object, (part = JSON.stringify(value)));
    text += part;
  }
  return text === '' ? '{}' : `${text}}`;
}
