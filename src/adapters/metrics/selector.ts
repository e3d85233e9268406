/**
 * Series selectors in Prometheus notation: a metric name with label matchers. Parsed so that a provider can add a
 * matcher of its own, or evaluate the selector itself; a label that is absent is the empty text, as in Prometheus.
 */
import { ThemisError } from '../../kernel/error.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export type Labels = Readonly<Record<string, string>>;

const namePattern = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\}\s*)?$/su;
const matcherPattern =
  /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\s*(?:,|$)/suy;

/** Throws UNSUPPORTED_FORMAT for anything that is more than a name and matchers. */
export function parseSelector(text: string): Selector {
  const [, name, inner = ''] = namePattern.exec(text) ?? [];
  if (name === undefined) throw notSelector(text);
  const matchers: Matcher[] = [];
  for (let at = 0; inner.slice(at).trim() !== '';) {
    matcherPattern.lastIndex = at;
    const match = matcherPattern.exec(inner);
    if (match === null) throw notSelector(text);
    at = matcherPattern.lastIndex;
    const [, label, operator, double, single] = match;
    matchers.push({
      label: label!,
      operator: operator as Matcher['operator'],
      value: unescapeText(double ?? single!, text),
    });
  }
  return { name, matchers };
}

export function formatSelector({ name, matchers }: Selector): string {
  if (matchers.length === 0) return name;
  // JSON's escapes are among those of PromQL.
  const list = matchers.map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`);
  return `${name}{${list.join(',')}}`;
}

/** A test of label sets. Throws UNSUPPORTED_FORMAT for a regular expression that cannot be read. */
export function labelTest({ matchers }: Selector): (labels: Labels) => boolean {
  const tests = matchers.map(({ label, operator, value }) => {
    const matches = operator.endsWith('~') ? regexTest(value) : (text: string): boolean => text === value;
    const wanted = !operator.startsWith('!');
    return (labels: Labels): boolean => matches(Object.hasOwn(labels, label) ? labels[label]! : '') === wanted;
  });
  return (labels) => tests.every((test) => test(labels));
}

/** Matches exactly this text, as a regular expression of RE2. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/gu, String.raw`\$&`);
}

function regexTest(source: string): (text: string) => boolean {
  let pattern: RegExp;
  try {
    // Without the flag `u`: RE2 allows escapes that it refuses.
    pattern = new RegExp(`^(?:${source})$`, 's');
  } catch (cause) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `"${source}" is not a regular expression`, { cause });
  }
  return (text) => pattern.test(text);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

function unescapeText(text: string, selector: string): string {
  return text.replaceAll(/\\(.)/gsu, (_, letter: string) => {
    const found = escapes[letter];
    if (found === undefined) throw notSelector(selector);
    return found;
  });
}

function notSelector(text: string): ThemisError {
  return new ThemisError('UNSUPPORTED_FORMAT', `"${text}" is not a series selector`, {
    hint: 'write a metric name with matchers: name{label="value"}',
  });
}
