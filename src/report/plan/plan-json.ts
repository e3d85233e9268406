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
  const parts: string[] = ['{'];
  const shared: SharedTexts = new Map();
  for (const name of names) {
    if (members[name] === undefined) continue;
    parts.push(parts.length === 1 ? '\n  ' : ',\n  ', JSON.stringify(name), ': ');
    writeMember(members[name], shared, parts);
  }
  parts.push('\n}\n');
  return parts.join('');
}

/** Texts of objects that entries share, such as the packages of nodes that are alike. */
type SharedTexts = Map<object, string>;

function writeMember(value: unknown, shared: SharedTexts, parts: string[]): void {
  if (!Array.isArray(value) || value.length === 0) {
    parts.push(JSON.stringify(value));
    return;
  }
  for (const [index, entry] of value.entries()) {
    parts.push(index === 0 ? '[\n    ' : ',\n    ');
    writeEntry(entry, shared, parts);
  }
  parts.push('\n  ]');
}

/** As JSON.stringify writes it. */
function writeEntry(entry: unknown, shared: SharedTexts, parts: string[]): void {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    parts.push(JSON.stringify(entry));
    return;
  }
  let separator = '{';
  for (const [name, value] of Object.entries(entry)) {
    if (value === undefined) continue;
    parts.push(`${separator}${JSON.stringify(name)}:`);
    separator = ',';
    if (typeof value !== 'object' || value === null) {
      parts.push(JSON.stringify(value));
      continue;
    }
    let text = shared.get(value as object);
    if (text === undefined) shared.set(value as object, (text = JSON.stringify(value)));
    parts.push(text);
  }
  parts.push(separator === '{' ? '{}' : '}');
}
