/**
 * Readings from a file, for replay: JSON, `{"series": [{"node", "signal", "le"?, "points": [[atMs, value], ...]}]}`, or
 * a verdict as `themis explain verdict ID -o json` prints it. `signal` is the id of a signal (`failedRequests`,
 * `custom`), the instants are those of the recording, and a value that was no number is null. Read anew every time.
 */
import { readFile, stat } from 'node:fs/promises';
import { describeProblem, integerFrom, listOf, objectOf, optional } from '../../kernel/document/shape.ts';
import { nullOr, readShape, text, valueOf, type Shape } from '../../kernel/document/shape.ts';
import { ThemisError } from '../../kernel/error.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { Point, Series } from '../../model/metrics.ts';
import type { Metrics } from '../../ports/metrics.ts';

const limitBytes = 256 * 1024 * 1024;

const number = nullOr(valueOf<number>('a number or null', Number.isFinite));
const atMs = integerFrom(-8.64e15, 8.64e15);
const point: Shape<Point> = (value, problems) => {
  const pair = listOf<number | null>(number)(value, problems);
  if (Array.isArray(value) && value.length !== 2) problems.add('value', '[atMs, value]', `${value.length} entries`);
  else if (Array.isArray(value)) atMs(value[0], problems);
  return pair as unknown as Point;
};
const seriesList = listOf(
  objectOf<Series>({ node: text, signal: text, le: optional(text), points: listOf(point) }, 'refuse'),
);

/** `path`: absolute. */
export function createFileMetrics(path: string): Metrics {
  return {
    memory: 'history',
    async read({ signals, nodes, afterMs, untilMs }, signal) {
      if (signal.aborted) throw new ThemisError('CANCELLED', 'stopped before the recording was read');
      const wanted = new Set(signals.map(({ id }) => id));
      const names = new Set(nodes);
      return (await readSeries(path))
        .filter(({ node, signal }) => names.has(node) && wanted.has(signal))
        .map((one): Series => {
          const inside = one.points.filter(([at]) => at > afterMs && at <= untilMs);
          return { ...one, points: inside.toSorted(([a], [b]) => a - b) };
        })
        .filter(({ points }) => points.length > 0);
    },
  };
}

async function readSeries(path: string): Promise<readonly Series[]> {
  const value = await readJson(path);
  const whole = isJsonObject(value) && isJsonObject(value['evidence']) ? value['evidence'] : value;
  const read = readShape(seriesList, isJsonObject(whole) ? whole['series'] : undefined, 1);
  if (read.ok) return read.value;
  throw new ThemisError('UNSUPPORTED_FORMAT', `${path}: ${describeProblem(read.problems[0], 'series')}`, {
    hint: 'write {"series": [{"node", "signal", "points": [[atMs, value], ...]}]}, or a stored verdict',
  });
}

async function readJson(path: string): Promise<unknown> {
  let content: string;
  try {
    const { size } = await stat(path);
    if (size > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`);
    content = await readFile(path, 'utf8');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'unknown';
    throw new ThemisError('IO', `recorded samples cannot be read: ${path}: ${detail}`, { cause });
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `${path} is not JSON`, { cause });
  }
}
