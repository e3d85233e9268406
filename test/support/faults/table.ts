/**
 * What servers, proxies and networks do to those who fetch files, by name; suites iterate the table. What concerns
 * ranges only is answered in order where none is asked for, and what concerns a file where there is none.
 */
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { answer, askedRange, etagOf, type Exchange, pause, type Respond, sendWhole } from './exchange.ts';

export interface Fault {
  readonly says: string;
  readonly respond: Respond;
}

const partial = '206 Partial Content';

/** To a request for a range: a 206 with other headers, or another part. What is no request for one is answered in order. */
function toRange(respond: (exchange: Exchange, bytes: Uint8Array, start: number) => Promise<void>): Respond {
  return async (exchange) => {
    const range = askedRange(exchange);
    return range === null ? answer(exchange) : respond(exchange, exchange.bytes!, range.start);
  };
}

/** To whatever asks for a file that is there. */
function toFile(respond: (exchange: Exchange, bytes: Uint8Array) => Promise<void>): Respond {
  return async (exchange) => (exchange.bytes === undefined ? answer(exchange) : respond(exchange, exchange.bytes));
}

function sendPart(
  exchange: Exchange,
  bytes: Uint8Array,
  start: number,
  contentRange: string | undefined,
): Promise<void> {
  const headers = { etag: etagOf(bytes), 'accept-ranges': 'bytes', 'content-range': contentRange };
  return sendWhole(exchange, partial, headers, bytes.subarray(start));
}

function rangeOf(bytes: Uint8Array, start: number): string {
  return `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
}

/** What a request asks for, its head sent as a server in order would, and its body as far as `count` says. */
async function sendUpTo(exchange: Exchange, count: (length: number) => number): Promise<void> {
  const bytes = exchange.bytes!;
  const start = conditionHolds(exchange) ? (askedRange(exchange)?.start ?? 0) : 0;
  const rest = bytes.subarray(start);
  await exchange.head(start === 0 ? '200 OK' : partial, {
    'accept-ranges': 'bytes',
    etag: etagOf(bytes),
    'content-length': rest.length,
    ...(start === 0 ? {} : { 'content-range': rangeOf(bytes, start) }),
  });
  await exchange.body(rest.subarray(0, count(rest.length)));
}

function conditionHolds({ request, bytes }: Exchange): boolean {
  const condition = request.headers['if-range'];
  return condition === undefined || condition === etagOf(bytes!);
}

function coded(coding: string, encode: (bytes: Uint8Array) => Uint8Array): Respond {
  return toFile((exchange, bytes) =>
    sendWhole(exchange, '200 OK', { 'content-encoding': coding, etag: etagOf(bytes) }, encode(bytes)),
  );
}

function quickBrotli(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

async function chunk(exchange: Exchange, bytes: Uint8Array): Promise<boolean> {
  await exchange.raw(`${bytes.length.toString(16)}\r\n`);
  const goesOn = await exchange.body(bytes);
  await exchange.raw('\r\n');
  return goesOn;
}

const status =
  (line: string, headers: Readonly<Record<string, string>> = {}): Respond =>
  async (exchange) =>
    sendWhole(exchange, line, headers, Buffer.from(`${line}\n`));

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();

export const faults = {
  ignoresRange: {
    says: '200 with the whole file to a request for a range',
    respond: toFile((exchange, bytes) => sendWhole(exchange, '200 OK', { etag: etagOf(bytes) }, bytes)),
  },
  rangeFromEarlier: {
    says: '206 from an earlier byte than was asked for',
    respond: toRange((exchange, bytes, start) => {
      const from = Math.floor(start / 2);
      return sendPart(exchange, bytes, from, rangeOf(bytes, from));
    }),
  },
  rangeFromLater: {
    says: '206 from a later byte than was asked for',
    respond: toRange((exchange, bytes, start) => {
      const from = Math.min(bytes.length - 1, start + 1);
      return sendPart(exchange, bytes, from, rangeOf(bytes, from));
    }),
  },
  rangeMovedInSilence: {
    says: '206 whose Content-Range says what was asked for, with as many bytes too few',
    respond: toRange((exchange, bytes, start) =>
      sendPart(exchange, bytes, Math.min(bytes.length - 1, start + 1), rangeOf(bytes, start)),
    ),
  },
  rangeInverted: {
    says: '206 with an inverted Content-Range',
    respond: toRange((exchange, bytes, start) =>
      sendPart(exchange, bytes, start, `bytes ${bytes.length - 1}-${start - 1}/${bytes.length}`),
    ),
  },
  rangeUnreadable: {
    says: '206 with a Content-Range that nobody can read',
    respond: toRange((exchange, bytes, start) => sendPart(exchange, bytes, start, `lines ${start}-/`)),
  },
  rangeMissing: {
    says: '206 without a Content-Range',
    respond: toRange((exchange, bytes, start) => sendPart(exchange, bytes, start, undefined)),
  },
  rangeBeyondTotal: {
    says: '206 with a Content-Range that ends behind the file it names',
    respond: toRange((exchange, bytes, start) =>
      sendPart(exchange, bytes, start, `bytes ${start}-${bytes.length - 1}/${start + 1}`),
    ),
  },
  totalTooLarge: {
    says: '206 that calls the file larger than it is',
    respond: toRange((exchange, bytes, start) =>
      sendPart(exchange, bytes, start, `bytes ${start}-${bytes.length - 1}/${bytes.length * 2}`),
    ),
  },
  totalUnknown: {
    says: '206 that does not say how large the file is',
    respond: toRange((exchange, bytes, start) =>
      sendPart(exchange, bytes, start, `bytes ${start}-${bytes.length - 1}/*`),
    ),
  },
  rangeTooShort: {
    says: '206 with the first half of what was asked for',
    respond: toRange((exchange, bytes, start) => {
      const end = start + Math.ceil((bytes.length - start) / 2);
      const headers = { etag: etagOf(bytes), 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
      return sendWhole(exchange, partial, headers, bytes.subarray(start, end));
    }),
  },
  multipart: {
    says: '206 as multipart/byteranges',
    respond: toRange((exchange, bytes, start) => {
      const head = `\r\n--cut\r\ncontent-range: ${rangeOf(bytes, start)}\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), bytes.subarray(start), Buffer.from('\r\n--cut--\r\n')]);
      const headers = { etag: etagOf(bytes), 'content-type': 'multipart/byteranges; boundary=cut' };
      return sendWhole(exchange, partial, headers, body);
    }),
  },
  unsatisfiable: {
    says: '416 to every range',
    respond: toRange((exchange, bytes) =>
      sendWhole(exchange, '416 Range Not Satisfiable', { 'content-range': `bytes */${bytes.length}` }, Buffer.alloc(0)),
    ),
  },
  unsatisfiableInSilence: {
    says: '416 to every range, without a word about the size',
    respond: toRange((exchange) => sendWhole(exchange, '416 Range Not Satisfiable', {}, Buffer.alloc(0))),
  },
  okWithContentRange: {
    says: '200 with the rest of the file and a Content-Range',
    respond: toRange((exchange, bytes, start) =>
      sendWhole(
        exchange,
        '200 OK',
        { etag: etagOf(bytes), 'content-range': rangeOf(bytes, start) },
        bytes.subarray(start),
      ),
    ),
  },
  okWholeWithContentRange: {
    says: '200 with the whole file and a Content-Range of the rest',
    respond: toRange((exchange, bytes, start) =>
      sendWhole(exchange, '200 OK', { etag: etagOf(bytes), 'content-range': rangeOf(bytes, start) }, bytes),
    ),
  },
  ignoresIfRange: {
    says: '206 of a file that has another entity tag by now',
    respond: toRange((exchange, bytes, start) =>
      sendWhole(
        exchange,
        partial,
        { etag: '"of another file"', 'content-range': rangeOf(bytes, start) },
        Buffer.alloc(bytes.length - start, 'x'),
      ),
    ),
  },
  weakTag: {
    says: 'only a weak entity tag',
    respond: (exchange) => answer(exchange, { etag: 'W/"weak"' }),
  },
  noTag: {
    says: 'no entity tag, but a Last-Modified of this second',
    respond: (exchange) => answer(exchange, { etag: undefined, 'last-modified': inSeconds(0) }),
  },
  gzipUnasked: { says: 'gzip on the wire that nobody asked for', respond: coded('gzip', gzipSync) },
  brotliUnasked: { says: 'br on the wire that nobody asked for', respond: coded('br', quickBrotli) },
  zstdUnasked: { says: 'zstd on the wire that nobody asked for', respond: coded('zstd', zstdCompressSync) },
  gzipRange: {
    says: '206 of the rest, compressed',
    respond: toRange((exchange, bytes, start) => {
      const headers = { etag: etagOf(bytes), 'content-range': rangeOf(bytes, start), 'content-encoding': 'gzip' };
      return sendWhole(exchange, partial, headers, gzipSync(bytes.subarray(start)));
    }),
  },
  gzipFromRange: {
    says: '206 of the compressed file from the byte that was asked for',
    respond: toRange((exchange, bytes, start) => {
      const packed = gzipSync(bytes);
      const headers = { etag: etagOf(bytes), 'content-range': rangeOf(packed, start), 'content-encoding': 'gzip' };
      return sendWhole(exchange, partial, headers, packed.subarray(start));
    }),
  },
  gzipCutOff: {
    says: 'gzip on the wire, its end missing, its length right',
    respond: toFile((exchange, bytes) =>
      sendWhole(exchange, '200 OK', { 'content-encoding': 'gzip' }, gzipSync(bytes).subarray(0, -6)),
    ),
  },
  unknownCoding: { says: 'a coding that nobody knows', respond: coded('x-rot13', (bytes) => bytes) },
  closesEarly: {
    says: 'closes in order before the end',
    respond: toFile(async (exchange) => {
      await sendUpTo(exchange, (length) => Math.floor(length / 2));
      exchange.close();
    }),
  },
  resetAtRandom: {
    says: 'the connection is reset at a random byte of the body',
    respond: toFile(async (exchange) => {
      await sendUpTo(exchange, (length) => Math.floor(exchange.random() * length));
      // What a reset overtakes is lost.
      await pause(2);
      exchange.reset();
    }),
  },
  closesBeforeHead: {
    says: 'closes without an answer',
    respond: async (exchange) => exchange.close(),
  },
  resetBeforeHead: {
    says: 'resets without an answer',
    respond: async (exchange) => exchange.reset(),
  },
  closesInHead: {
    says: 'closes in the middle of the head',
    respond: async (exchange) => {
      await exchange.raw('HTTP/1.1 200 OK\r\ncontent-le');
      exchange.close();
    },
  },
  chunkedWithoutLength: {
    says: 'chunked, without a length',
    respond: toFile(async (exchange, bytes) => {
      await exchange.head('200 OK', { 'transfer-encoding': 'chunked', etag: etagOf(bytes) });
      for (let at = 0; at < bytes.length; at += 64 * 1024) await chunk(exchange, bytes.subarray(at, at + 64 * 1024));
      await exchange.raw('0\r\n\r\n');
    }),
  },
  chunkedCutOff: {
    says: 'chunked, and closed before the last chunk',
    respond: toFile(async (exchange, bytes) => {
      await exchange.head('200 OK', { 'transfer-encoding': 'chunked', etag: etagOf(bytes) });
      await chunk(exchange, bytes.subarray(0, Math.ceil(bytes.length / 2)));
      exchange.close();
    }),
  },
  chunkedGarbage: {
    says: 'chunked, with a length of a chunk that is none',
    respond: toFile(async (exchange) => {
      await exchange.head('200 OK', { 'transfer-encoding': 'chunked' });
      await exchange.raw('zz\r\n');
      exchange.close();
    }),
  },
  untilClosed: {
    says: 'no length at all: the body ends with the connection',
    respond: toFile(async (exchange, bytes) => {
      await exchange.head('200 OK', { connection: 'close', etag: etagOf(bytes) });
      await exchange.body(bytes);
      exchange.close();
    }),
  },
  tooManyRequests: {
    says: '429 with Retry-After in seconds',
    respond: status('429 Too Many Requests', { 'retry-after': '7' }),
  },
  unavailable: {
    says: '503 with Retry-After as a date',
    respond: (exchange) => status('503 Service Unavailable', { 'retry-after': inSeconds(30) })(exchange),
  },
  unavailableInSilence: { says: '503 without Retry-After', respond: status('503 Service Unavailable') },
  unavailableForEver: {
    says: '503 with a Retry-After far beyond any number',
    respond: status('503 Service Unavailable', { 'retry-after': '99999999999999999999999' }),
  },
  internalError: { says: '500', respond: status('500 Internal Server Error') },
  badGateway: { says: '502', respond: status('502 Bad Gateway') },
  forbidden: { says: '403', respond: status('403 Forbidden') },
  unauthorized: { says: '401', respond: status('401 Unauthorized', { 'www-authenticate': 'Bearer' }) },
  gone: { says: '410', respond: status('410 Gone') },
  missing: { says: '404', respond: status('404 Not Found') },
  empty: { says: '204', respond: async (exchange) => exchange.head('204 No Content', {}) },
  endless: {
    says: 'data without end',
    respond: async (exchange) => {
      await exchange.head('200 OK', { 'transfer-encoding': 'chunked' });
      const block = Buffer.alloc(64 * 1024, 'x');
      while (await chunk(exchange, block));
    },
  },
  longerThanLength: {
    says: 'more bytes than Content-Length says',
    respond: toFile(async (exchange, bytes) => {
      await exchange.head('200 OK', { 'content-length': bytes.length, etag: etagOf(bytes) });
      await exchange.body(Buffer.concat([bytes, Buffer.from('and more')]));
    }),
  },
  neverAnswers: { says: 'accepts and says nothing', respond: (exchange) => exchange.hang() },
  stalls: {
    says: 'stops in the middle of the body, the connection open',
    respond: toFile(async (exchange) => {
      await sendUpTo(exchange, (length) => Math.floor(length / 2));
      await exchange.hang();
    }),
  },
  slowHead: {
    says: 'sends its head a byte at a time and never ends it',
    respond: async (exchange) => {
      await exchange.raw('HTTP/1.1 200 OK\r\nx-slow: ');
      const gone = exchange.hang().then(() => true);
      do await exchange.raw('x');
      while (!(await Promise.race([gone, pause(20).then(() => false)])));
    },
  },
  hugeHead: {
    says: 'a head of a megabyte',
    respond: async (exchange) => {
      await exchange.head('200 OK', { 'x-huge': 'x'.repeat(1024 * 1024) });
      exchange.close();
    },
  },
  notHttp: {
    says: 'something that is not HTTP',
    respond: async (exchange) => {
      await exchange.raw('SSH-2.0-OpenSSH_9.2\r\n');
      exchange.close();
    },
  },
  anotherPage: {
    says: 'a page that asks to log in, as if it were the file',
    respond: (exchange) =>
      sendWhole(exchange, '200 OK', { 'content-type': 'text/html' }, Buffer.from('<h1>Welcome to our WiFi</h1>')),
  },
  flippedBit: {
    says: 'the file with one bit flipped',
    respond: toFile((exchange, bytes) => {
      const other = Uint8Array.from(bytes);
      if (other.length > 0) other[Math.floor(exchange.random() * other.length)]! ^= 1;
      return sendWhole(exchange, '200 OK', {}, other);
    }),
  },
  redirects: {
    says: 'another place on this server, and from there the file',
    respond: async (exchange) =>
      exchange.request.target.includes('?')
        ? answer(exchange)
        : sendWhole(exchange, '302 Found', { location: `${exchange.request.target}?moved` }, Buffer.alloc(0)),
  },
  redirectsElsewhere: {
    says: 'the same path on another server',
    respond: async (exchange) =>
      sendWhole(
        exchange,
        '307 Temporary Redirect',
        { location: `${exchange.elsewhere}${exchange.request.target}` },
        Buffer.alloc(0),
      ),
  },
  redirectsForEver: {
    says: 'one redirect after the other',
    respond: (exchange) => status('302 Found', { location: `?${exchange.random()}` })(exchange),
  },
  redirectsNowhere: { says: 'a redirect without a place', respond: status('302 Found') },
  redirectsToFile: {
    says: 'a redirect to file:///etc/passwd',
    respond: status('302 Found', { location: 'file:///etc/passwd' }),
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
