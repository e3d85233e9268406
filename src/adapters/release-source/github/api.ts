/**
 * The three calls of the GitHub API that releases need. What it answered is kept with its tag and asked for conditionally:
 * `304` counts against no limit. (https://docs.github.com/en/rest/releases)
 */
import { ThemisError } from '../../../kernel/error.ts';
import type { HttpAnswer, Inspect } from '../http/client.ts';
import { type HttpAccess, readDocument, type Target } from '../http/files.ts';
import { header } from '../http/headers.ts';
import type { RateLimit } from './rate-limit.ts';

export interface GithubApiOptions extends HttpAccess {
  readonly owner: string;
  readonly repo: string;
  /** `https://api.github.com`, or `https://HOST/api/v3`, with a slash at its end. */
  readonly api: URL;
  readonly token: () => Promise<string>;
  readonly memoryOf: (token: string) => GithubMemory;
}

/** Of a process, for all sources over one API with one token: limits are those of a token. */
export interface GithubMemory {
  readonly limit: RateLimit;
  readonly documents: Map<string, Remembered>;
}

export interface Remembered {
  readonly tag: string | null;
  readonly value: unknown;
  readonly next: string | null;
}

export interface Asset {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  /** With the id: names one content, because an asset is replaced and never changed. */
  readonly updatedAt: string;
}

export interface Release {
  readonly id: number;
  /** Those that GitHub embeds. */
  readonly assets: readonly Asset[];
}

export interface GithubApi {
  /** null: as it was when GitHub gave it the tag `known`. NOT_FOUND. */
  readRelease(
    tag: string,
    known: string | null,
  ): Promise<{ readonly release: Release; readonly tag: string | null } | null>;
  readAssets(release: number): AsyncGenerator<readonly Asset[]>;
  assetTarget(asset: Asset): Promise<InspectedTarget>;
}

export interface InspectedTarget extends Target {
  readonly inspect: Inspect;
}

const documentBytes = 16 * 2 ** 20;
const mostRemembered = 200;
const refusalBytes = 4096;
/** A release holds a thousand assets at most. */
const mostPages = 20;
const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

export function createGithubApi(options: GithubApiOptions): GithubApi {
  const { api, owner, repo } = options;
  const at = (path: string): URL =>
    new URL(`repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}/releases/${path}`, api);
  /** RATE_LIMITED while GitHub wants whoever has the token to wait. */
  const admitted = async () => {
    const token = await options.token();
    const memory = options.memoryOf(token);
    memory.limit.check();
    return { memory, authorization: `Bearer ${token}`, inspect: inspectorOf(api, memory.limit) };
  };
  const get = async (url: URL, known: string | null): Promise<Remembered | null> => {
    const { memory, authorization, inspect } = await admitted();
    return getDocument(options, memory, { url, headers, authorization, inspect }, known);
  };
  return {
    async readRelease(tag, known) {
      const url = at(`tags/${encodeURIComponent(tag)}`);
      const found = await get(url, known).catch((error: unknown) => {
        throw isNotFound(error) ? noRelease(tag, owner, repo, error) : error;
      });
      if (found === null) return null;
      return { release: releaseOf(found.value, url), tag: found.tag };
    },
    async *readAssets(release) {
      let url: URL | null = at(`${release}/assets?per_page=100`);
      for (let page = 0; url !== null; page += 1) {
        if (page === mostPages) throw unreadable(url);
        const { value, next }: Remembered = (await get(url, null))!;
        yield assetsOf(value, url);
        const following: URL | null = next === null ? null : URL.parse(next, url);
        // The token goes along.
        if (following !== null && following.origin !== api.origin) throw unreadable(url);
        url = following;
      }
    },
    async assetTarget(asset) {
      const { authorization, inspect } = await admitted();
      const asked = { ...headers, accept: 'application/octet-stream' };
      return { url: at(`assets/${asset.id}`), authorization, headers: asked, inspect };
    },
  };
}

/** Hears what the API says of its limits. Hosts that it redirects to say nothing of them. */
function inspectorOf(api: URL, limit: RateLimit): Inspect {
  return async (answer) => {
    if (answer.url.origin !== api.origin) return;
    const isRefusal = answer.status === 403 || answer.status === 429;
    limit.note(answer.status, answer.headers, isRefusal ? await beginningOf(answer) : '');
  };
}

/** `known`: a tag of the caller, which counts before the one that is remembered; null: unchanged since then. */
async function getDocument(
  access: HttpAccess,
  { documents }: GithubMemory,
  target: InspectedTarget,
  known: string | null,
): Promise<Remembered | null> {
  const key = target.url.href;
  const remembered = documents.get(key);
  let next: string | null = null;
  const condition = known ?? remembered?.tag ?? null;
  const read = await readDocument(access, target, documentBytes, condition, async (answer) => {
    await target.inspect(answer);
    next = linkTo('next', header(answer.headers, 'link') ?? '');
  });
  if (read.kind === 'unchanged') return condition === remembered?.tag ? remembered! : null;
  const found = { tag: read.validator, value: parse(read.bytes, target.url), next };
  documents.delete(key);
  if (read.validator !== null) documents.set(key, found);
  if (documents.size > mostRemembered) documents.delete(documents.keys().next().value!);
  return found;
}

/** RFC 8288, as far as GitHub uses it. */
export function linkTo(relation: string, text: string): string | null {
  for (const [, target, parameters] of text.matchAll(/<([^>]*)>((?:\s*;\s*[\w*]+=(?:"[^"]*"|[^",;\s]*))*)/gu)) {
    const [, relations = ''] = /;\s*rel="?([^";]*)/iu.exec(parameters ?? '') ?? [];
    if (relations.split(/\s+/u).includes(relation)) return target!;
  }
  return null;
}

async function beginningOf({ body }: HttpAnswer): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      text += chunk.toString('latin1');
      if (text.length > refusalBytes) break;
    }
  } catch {
    // What came of it is enough.
  }
  return text;
}

function parse(bytes: Uint8Array, url: URL): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw unreadable(url, error);
  }
}

function releaseOf(value: unknown, url: URL): Release {
  const { id, assets } = (value ?? {}) as { id?: unknown; assets?: unknown };
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw unreadable(url);
  return { id, assets: assetsOf(assets ?? [], url) };
}

/** Without those whose upload was never finished. */
function assetsOf(value: unknown, url: URL): readonly Asset[] {
  if (!Array.isArray(value)) throw unreadable(url);
  return value.flatMap((one: unknown): Asset[] => {
    const asset = (one ?? {}) as Record<string, unknown>;
    const { id, name, size, updated_at: updatedAt = '', state = 'uploaded' } = asset;
    if (typeof id !== 'number' || typeof name !== 'string' || typeof size !== 'number') throw unreadable(url);
    if (!Number.isSafeInteger(id)) throw unreadable(url);
    return state === 'uploaded' ? [{ id, name, sizeBytes: size, updatedAt: String(updatedAt) }] : [];
  });
}

function isNotFound(error: unknown): boolean {
  return error instanceof ThemisError && error.code === 'NOT_FOUND';
}

function noRelease(tag: string, owner: string, repo: string, cause: unknown): ThemisError {
  return new ThemisError('NOT_FOUND', `GitHub shows no release tagged ${tag} in ${owner}/${repo}.`, {
    cause,
    hint: 'Publish it: a draft is not seen. Or name a token (tokenFrom) that may read the repository.',
  });
}

function unreadable({ origin, pathname }: URL, cause?: unknown): ThemisError {
  return new ThemisError('IO', `${origin}${pathname} does not answer like the API of GitHub.`, { cause });
}
