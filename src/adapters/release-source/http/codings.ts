import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { ThemisError } from '../../../kernel/error.ts';
import { nameOf } from './failures.ts';
import { header } from './headers.ts';

/** RFC 9659: what is compressed for the wire needs no larger window. */
const zstdWindowLog = 23;

/** Content codings that Themis reads, with the ends of names of files that are already in them. */
const codings = {
  gzip: { decoder: createGunzip, ending: /\.(?:gz|tgz|svgz)$/iu },
  br: { decoder: createBrotliDecompress, ending: /\.br$/iu },
  zstd: {
    decoder: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
    ending: /\.(?:zst|tzst)$/iu,
  },
} as const satisfies Record<string, { readonly decoder: () => Transform; readonly ending: RegExp }>;

export type Coding = keyof typeof codings;

/** For documents; payloads are asked for as they are, because only that can be resumed. */
export const acceptedCodings = 'zstd, gzip';

export function createDecoder(coding: Coding): Transform {
  return codings[coding].decoder();
}

/**
 * The coding to undo; null: none. Servers call a `.tgz` gzip although that is what it is, not how it travels: taken as it
 * is. Throws IO for what nobody asked for and Themis cannot read.
 */
export function codingOf(headers: IncomingHttpHeaders, url: URL): Coding | null {
  const said = (header(headers, 'content-encoding') ?? '').trim().toLowerCase();
  if (said === '' || said === 'identity') return null;
  const coding = said === 'x-gzip' ? 'gzip' : said;
  if (!Object.hasOwn(codings, coding)) {
    const shown = /^[\w, -]{1,40}$/u.test(said) ? said : 'something else';
    throw new ThemisError('IO', `${nameOf(url)} is sent in a coding that Themis does not read: ${shown}.`);
  }
  return codings[coding as Coding].ending.test(url.pathname) ? null : (coding as Coding);
}
