import { parseDuration } from './duration.ts';

const text = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/gsu;
const range = /\[\s*([^\]:\s]+)\s*(:?)[^\]]*\]/gu;
const offset = /\boffset\s+([\w.]+)/giu;

/**
 * How far before the instant at which it is evaluated a query of PromQL looks, in milliseconds, at most: its longest
 * range, with all subqueries and the longest offset. What it says earlier than that after a step is also about what was
 * before. 0 for a query without any.
 */
export function queryReachMs(query: string): number {
  const bare = query.replaceAll(text, ' ');
  let longestMs = 0;
  let subqueriesMs = 0;
  for (const [, length, colon] of bare.matchAll(range)) {
    if (colon === ':') subqueriesMs += lengthMs(length!);
    else longestMs = Math.max(longestMs, lengthMs(length!));
  }
  const offsets = [...bare.matchAll(offset)].map(([, length]) => lengthMs(length!));
  return longestMs + subqueriesMs + Math.max(0, ...offsets);
}

/** `5m`, and in seconds `300`. */
function lengthMs(length: string): number {
  if (/^\d+(?:\.\d+)?$/u.test(length)) return Number(length) * 1000;
  const years = /^(\d+)y/u.exec(length);
  const rest = years === null ? length : length.slice(years[0].length);
  return Number(years?.[1] ?? 0) * 31_536_000_000 + (parseDuration(rest) ?? 0);
}
