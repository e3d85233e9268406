import { systemClock } from '../../src/adapters/clock/system.ts';
import { type GithubSourceOptions, openGithubSource } from '../../src/adapters/release-source/github.ts';
import { assetPathOf } from '../../src/adapters/release-source/github/asset-path.ts';
import { createRateLimit } from '../../src/adapters/release-source/github/rate-limit.ts';
import { openHttpSource, type HttpSourceOptions } from '../../src/adapters/release-source/http.ts';
import { createHttpClient, type Deadlines, type HttpSettings } from '../../src/adapters/release-source/http/client.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { OpenedFile, ReleaseSource } from '../../src/ports/release-source.ts';
import type { GithubServer } from './github-server.ts';

/** What is written there is what is wanted; nothing comes from the surroundings, and nothing is waited for. */
export function httpSource(
  url: string,
  options: Partial<HttpSourceOptions> & { settings?: Partial<HttpSettings>; deadlines?: Partial<Deadlines> } = {},
): ReleaseSource {
  const { settings, deadlines, ...given } = options;
  return openHttpSource({
    url,
    client: createHttpClient({ environment: {}, ...settings, ...(deadlines === undefined ? {} : { deadlines }) }),
    clock: { ...systemClock, sleep: async () => {} },
    random: () => 0,
    authorization: async () => null,
    ...given,
  });
}

export function githubSource(
  server: Pick<GithubServer, 'apiUrl'>,
  options: Partial<GithubSourceOptions> = {},
): ReleaseSource {
  const clock = { ...systemClock, sleep: async () => {} };
  const memory = { limit: createRateLimit(clock), documents: new Map() };
  return openGithubSource({
    apiUrl: server.apiUrl,
    owner: 'themis',
    repo: 'db',
    token: null,
    client: createHttpClient({ environment: {} }),
    memoryOf: () => memory,
    clock,
    random: () => 0,
    ...options,
  });
}

/** The assets that a releases directory becomes. */
export function assetsOf(files: ReadonlyMap<string, Uint8Array>): Map<string, Map<string, Uint8Array>> {
  const releases = new Map<string, Map<string, Uint8Array>>();
  for (const [path, bytes] of files) {
    const { tag, name } = assetPathOf(path);
    releases.set(tag, (releases.get(tag) ?? new Map<string, Uint8Array>()).set(name, bytes));
  }
  return releases;
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'ok',
    (error: unknown) => (error instanceof ThemisError ? error.code : String(error)),
  );
}

export async function textOf(opened: OpenedFile): Promise<string> {
  return (await bytesOf(opened)).toString();
}

export async function bytesOf({ chunks }: OpenedFile): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

export async function collect(source: ReleaseSource, path: string, limitBytes: number): Promise<string> {
  return textOf(await source.openFile(path, { limitBytes }));
}
