/**
 * Releases on a plain static HTTP server: a releases directory below a URL, path by path. Nothing is listed, and links are
 * the server's affair; what it serves is believed only by its hash.
 */
import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { type HttpAccess, openPayload, readDocument, type Target } from './http/files.ts';

export interface HttpSourceOptions extends HttpAccess {
  /** Of the directory that holds index.json; with or without a slash at its end. */
  readonly url: string;
  /** Value of the authorization header for the host of `url`; null: none. Asked for before each request. */
  readonly authorization: () => Promise<string | null>;
}

/** Throws USAGE for what is no address of a directory on an HTTP server. */
export function openHttpSource(options: HttpSourceOptions): ReleaseSource {
  const base = parseBase(options.url);
  const at = async (path: string): Promise<Target> => {
    const url = below(base, path);
    return { url, authorization: await options.authorization() };
  };
  const readFile = async (path: string, limitBytes: number): Promise<Uint8Array> => {
    const read = await readDocument(options, await at(path), limitBytes);
    if (read.kind === 'unchanged') throw new ThemisError('BUG', `${path} was asked for without a condition.`);
    return read.bytes;
  };
  return {
    host: base.origin,
    readIndex: () => readIndexBy(readFile),
    readFile,
    readChanged: async (path, limitBytes, known) => readDocument(options, await at(path), limitBytes, known),
    openFile: async (path, wanted) => openPayload(options, await at(path), wanted),
    async listFiles(path) {
      if (path !== '') below(base, path);
      return null;
    },
  };
}

/** The index and its signature through `readFile` of a source. */
export async function readIndexBy(readFile: ReleaseSource['readFile']) {
  const [bytes, signature] = await Promise.all([
    readFile(releaseNames.index, releaseLimits.indexBytes),
    readFile(releaseNames.indexSignature, releaseLimits.signatureBytes).catch(absent),
  ]);
  return { index: parseReleaseIndex(bytes), bytes, signature };
}

function absent(error: unknown): null {
  if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
  throw error;
}

/** Nothing of a URL that is refused is repeated: what makes it wrong may be a secret. */
export function parseBase(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/u.test(url.protocol) || url.hostname === '') {
    throw new ThemisError('USAGE', 'Releases are fetched from http and https addresses only.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ThemisError('USAGE', `The address of releases on ${url.host} holds more than a host and a directory.`, {
      hint: 'Leave user, password, query and fragment out, and name a token with tokenFrom.',
    });
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Each part encoded by itself, so that it names one file and nothing else. UNSAFE_PATH. */
function below(base: URL, path: string): URL {
  const problem = pathProblem(path);
  if (problem !== undefined)
    throw new ThemisError('UNSAFE_PATH', `${JSON.stringify(path)} is refused as a path: ${problem}.`);
  const url = new URL(base);
  url.pathname += path.split('/').map(encodeURIComponent).join('/');
  return url;
}
