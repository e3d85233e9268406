/** The answers of a server in order that compresses: what a content coding does to size and tag, whole files only. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { answer, etagOf, type Respond, sendWhole } from './exchange.ts';

const coders = { zstd: zstdCompressSync, gzip: gzipSync } as const;

export type OfferedCoding = keyof typeof coders;

/** In the first of `offered` that whoever asks accepts, and as it is where there is none; `said` hears which. */
export function answerIn(
  offered: readonly OfferedCoding[],
  said: (coding: OfferedCoding | 'identity') => void = () => {},
): Respond {
  return async (exchange) => {
    const { request, bytes } = exchange;
    const accepted = new Set((request.headers['accept-encoding'] ?? '').split(/\s*,\s*/u));
    const coding = offered.find((each) => accepted.has(each));
    // Like nginx: what is compressed on the way is the same content, and not the same bytes.
    const etag = bytes === undefined ? undefined : `${coding === undefined ? '' : 'W/'}${etagOf(bytes)}`;
    if (bytes === undefined || request.headers['if-none-match'] === etag) return answer(exchange, { etag });
    said(coding ?? 'identity');
    if (coding === undefined) return answer(exchange);
    const headers = { etag, 'content-encoding': coding, vary: 'accept-encoding' };
    return sendWhole(exchange, '200 OK', headers, coders[coding](bytes));
  };
}
