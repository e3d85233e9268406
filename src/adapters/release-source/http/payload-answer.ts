/**
 * What an answer to a request for the rest of a file is good for. Pure. It never lets bytes be appended to others unless the
 * answer says that they follow: whatever is odd means to ask again for the whole file (`over`).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type ContentRange, contentLength, contentRange, header, strongTag } from './headers.ts';

export interface Wanted {
  /** 0: the whole file, asked for without a range. */
  readonly offset: number;
  /** null exactly where `offset` is 0. */
  readonly validator: string | null;
}

export type PayloadAnswer =
  | {
      readonly kind: 'take';
      /** Where in the file its bytes begin; never behind what was asked for. */
      readonly offset: number;
      readonly expectedBytes: number | null;
      readonly isPart: boolean;
      readonly sizeBytes: number | null;
      readonly validator: string | null;
    }
  /** All of it is there already. */
  | { readonly kind: 'complete'; readonly sizeBytes: number }
  /** Ask again, for the whole file. */
  | { readonly kind: 'over' }
  | { readonly kind: 'refused' };

/** `isCoded`: the body is in a coding that has to be undone. */
export function judgeAnswer(
  wanted: Wanted,
  status: number,
  headers: IncomingHttpHeaders,
  isCoded: boolean,
): PayloadAnswer {
  switch (status) {
    case 200:
      return wholeFile(wanted, headers, isCoded);
    case 206:
      return partOfFile(wanted, headers, isCoded) ?? (wanted.offset > 0 ? { kind: 'over' } : { kind: 'refused' });
    case 416: {
      if (wanted.offset === 0) return { kind: 'refused' };
      const range = contentRange(headers);
      const isEnd = range?.kind === 'none' && range.totalBytes === wanted.offset && isSame(wanted, headers);
      return isEnd ? { kind: 'complete', sizeBytes: wanted.offset } : { kind: 'over' };
    }
    default:
      return { kind: 'refused' };
  }
}

function wholeFile({ offset }: Wanted, headers: IncomingHttpHeaders, isCoded: boolean): PayloadAnswer {
  // Nobody knows what a 200 with a range holds (RFC 9110 14.4). Where no range was asked for it can only be the whole.
  if (offset > 0 && header(headers, 'content-range') !== undefined) return { kind: 'over' };
  const sizeBytes = isCoded ? null : contentLength(headers);
  const validator = isCoded ? null : strongTag(headers);
  return { kind: 'take', offset: 0, expectedBytes: sizeBytes, isPart: false, sizeBytes, validator };
}

/** null where the part cannot be put behind what is there. */
function partOfFile(wanted: Wanted, headers: IncomingHttpHeaders, isCoded: boolean): PayloadAnswer | null {
  const range = contentRange(headers);
  if (range?.kind !== 'part' || isCoded || range.start > wanted.offset || !isSame(wanted, headers)) return null;
  const expectedBytes = range.end - range.start + 1;
  const length = contentLength(headers);
  if ((length !== null && length !== expectedBytes) || range.end < wanted.offset) return null;
  return {
    kind: 'take',
    offset: range.start,
    expectedBytes,
    isPart: isPart(range),
    sizeBytes: range.totalBytes,
    validator: strongTag(headers) ?? wanted.validator,
  };
}

function isPart({ end, totalBytes }: Extract<ContentRange, { kind: 'part' }>): boolean {
  return totalBytes !== null && end + 1 < totalBytes;
}

/** Of the file whose beginning is there. A server that says nothing took If-Range to be true. */
function isSame({ validator }: Wanted, headers: IncomingHttpHeaders): boolean {
  return validator === null || header(headers, 'etag') === undefined || strongTag(headers) === validator;
}
