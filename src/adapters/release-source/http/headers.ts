import type { IncomingHttpHeaders } from 'node:http';

/** A header that came several times is none that can be read: they are joined, and parse as nothing. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The entity tag, where it is one that names these bytes and no others (RFC 9110 8.8.1). */
export function strongTag(headers: IncomingHttpHeaders): string | null {
  const tag = header(headers, 'etag') ?? '';
  return isTag(tag) && !tag.startsWith('W/') ? tag : null;
}

/**
 * What a document is known by, to ask whether it is still the same. None from the second in which it changed: there are
 * servers whose tag is that second and a size, and it may change once more before the second ends (RFC 9110 8.8.2.2).
 */
export function lastingTag(headers: IncomingHttpHeaders): string | null {
  const tag = header(headers, 'etag') ?? '';
  if (!isTag(tag)) return null;
  const changedMs = httpDateMs(header(headers, 'last-modified') ?? '');
  const saidMs = httpDateMs(header(headers, 'date') ?? '');
  return changedMs !== undefined && saidMs !== undefined && saidMs - changedMs < 1000 ? null : tag;
}

export function isTag(text: string): boolean {
  return /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/u.test(text);
}

/** The comparison of If-None-Match (RFC 9110 8.8.3.2). */
export function sameTag(one: string, other: string): boolean {
  return one.replace(/^W\//u, '') === other.replace(/^W\//u, '');
}

export function contentLength(headers: IncomingHttpHeaders): number | null {
  const text = header(headers, 'content-length') ?? '';
  return /^\d{1,15}$/u.test(text) ? Number(text) : null;
}

export type ContentRange =
  | { readonly kind: 'part'; readonly start: number; readonly end: number; readonly totalBytes: number | null }
  | { readonly kind: 'none'; readonly totalBytes: number };

/** RFC 9110 14.4; null where it is none, inverted, or does not fit into the size it names. `end` is that of the last byte. */
export function contentRange(headers: IncomingHttpHeaders): ContentRange | null {
  const text = header(headers, 'content-range') ?? '';
  const match = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/iu.exec(text);
  if (match === null) return null;
  const totalBytes = match[3] === '*' ? null : Number(match[3]);
  if (match[1] === undefined) return totalBytes === null ? null : { kind: 'none', totalBytes };
  const [start, end] = [Number(match[1]), Number(match[2])];
  if (start > end || (totalBytes !== null && end >= totalBytes)) return null;
  return { kind: 'part', start, end, totalBytes };
}

const longestMs = 24 * 3_600_000;

/**
 * When to come back (RFC 9110 10.2.3): seconds, or a date by the clock of the server, which `Date` tells. A day at most:
 * what a server says is no reason to sleep for ever.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = header(headers, 'retry-after')?.trim() ?? '';
  if (/^\d+$/u.test(text)) return Math.min(longestMs, Number(text) * 1000);
  const dateMs = httpDateMs(text);
  return dateMs === undefined ? undefined : untilMs(headers, dateMs, nowMs);
}

/** From now to an instant of the server's clock. */
export function untilMs(headers: IncomingHttpHeaders, instantMs: number, nowMs: number): number {
  const theirMs = httpDateMs(header(headers, 'date') ?? '') ?? nowMs;
  return Math.min(longestMs, Math.max(0, instantMs - theirMs));
}

/** RFC 9110 5.6.7: with the day of the week in front, in GMT even where it does not say so. `Date.parse` takes far more. */
function httpDateMs(text: string): number | undefined {
  const isDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/u.test(text);
  const dateMs = isDate ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
