/**
 * The Prometheus text format, version 0.0.4, as a node's metrics endpoint gives it. Strict: a line that cannot be read
 * refuses the whole text, and a text that does not end with a line feed was cut off. Only samples of wanted names are
 * read into values. (https://prometheus.io/docs/instrumenting/exposition_formats/)
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Labels } from './selector.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  /** NaN and infinite values included. */
  readonly value: number;
}

const linePattern = /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/u;
const labelPattern = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\[\\"n])*)"[ \t]*(?:,|$)/uy;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

/** Throws UNSUPPORTED_FORMAT, naming the line. */
export function parseTextFormat(text: string, wanted: ReadonlySet<string>): readonly Sample[] {
  if (text !== '' && !text.endsWith('\n')) throw malformed('the text was cut off: its last line does not end');
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^[ \t\r]*(?:#|$)/u.test(line)) continue;
    const match = linePattern.exec(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (match === null) throw malformed(`line ${index + 1} is not a sample`);
    const [, name, inner, value] = match;
    if (!wanted.has(name!)) continue;
    const labels = inner === undefined ? {} : labelsOf(inner, index + 1);
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    if (seen.has(key)) throw malformed(`line ${index + 1} says ${name} with the same labels again`);
    seen.add(key);
    samples.push({ name: name!, labels, value: numberOf(value!, index + 1) });
  }
  return samples;
}

function labelsOf(inner: string, line: number): Labels {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; inner.slice(at).trim() !== '';) {
    labelPattern.lastIndex = at;
    const match = labelPattern.exec(inner);
    if (match === null) throw malformed(`the labels of line ${line} cannot be read`);
    at = labelPattern.lastIndex;
    const [, name, value] = match;
    if (Object.hasOwn(labels, name!)) throw malformed(`line ${line} has the label ${name} twice`);
    labels[name!] = value!.replaceAll(/\\([\\"n])/gu, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  return labels;
}

function numberOf(text: string, line: number): number {
  if (numberPattern.test(text)) return Number(text);
  switch (text.toLowerCase()) {
    case 'nan':
      return Number.NaN;
    case '+inf':
    case 'inf':
      return Number.POSITIVE_INFINITY;
    case '-inf':
      return Number.NEGATIVE_INFINITY;
    default:
      throw malformed(`the value of line ${line} is not a number`);
  }
}

function malformed(detail: string): ThemisError {
  return new ThemisError('UNSUPPORTED_FORMAT', `not Prometheus text: ${detail}`);
}
