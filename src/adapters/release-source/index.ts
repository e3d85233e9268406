/**
 * The release sources a Fleet or a request to a node may name, one case each; all face the same contract suite. What goes
 * over HTTP shares its connections, and what it knows of GitHub's limits, with everything in this process that has the
 * same proxies and authorities.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseSourceSpec } from '../../model/desired.ts';
import type { ReleaseLocator } from '../../model/message.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { readToken } from '../secret-token.ts';
import { openDirectorySource } from './directory.ts';
import { openGithubSource, usualApiUrl } from './github.ts';
import type { GithubMemory } from './github/api.ts';
import { createRateLimit } from './github/rate-limit.ts';
import { openHttpSource } from './http.ts';
import { createHttpClient, type HttpClient, type HttpSettings } from './http/client.ts';
import { proxyVariables } from './http/proxies.ts';

export interface SourceSurroundings {
  /** Where relative paths start: the fleet directory. */
  readonly directory: string;
  readonly environment: HttpSettings['environment'];
  readonly clock: Clock;
  /** Of a document that does not come; default: as often as it can help. */
  readonly mostAttempts?: number;
}

/** Throws USAGE or IO where the settings of the source cannot be used. */
export function openReleaseSource(spec: ReleaseSourceSpec, around: SourceSurroundings): ReleaseSource {
  const { directory, environment, clock, mostAttempts } = around;
  if (spec.kind === 'directory') return openDirectorySource(resolve(directory, spec.directory));
  const { ca, tokenFrom } = spec;
  const caFile = ca === undefined ? null : resolve(directory, ca);
  const token = tokenFrom === undefined ? null : () => readToken(tokenFrom, 'the releases', { directory, environment });
  const access = { environment, clock, caFile, token };
  return openRemoteSource(remotePlaceOf(spec), mostAttempts === undefined ? access : { ...access, mostAttempts });
}

export type RemotePlace =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'github'; readonly owner: string; readonly repo: string; readonly apiUrl: string };

/** What of a Fleet's source concerns nodes too: no token, no file of this machine. */
export function remotePlaceOf(spec: Exclude<ReleaseSourceSpec, { kind: 'directory' }>): RemotePlace {
  if (spec.kind === 'http') return { kind: 'http', url: spec.url };
  return { kind: 'github', owner: spec.owner, repo: spec.repo, apiUrl: spec.apiUrl ?? usualApiUrl };
}

export interface RemoteAccess {
  readonly environment: HttpSettings['environment'];
  readonly clock: Clock;
  /** PEM, absolute. */
  readonly caFile: string | null;
  /** For the place alone; null: none. */
  readonly token: (() => Promise<string>) | null;
  readonly mostAttempts?: number;
}

/** Throws USAGE or IO where the settings cannot be used. */
export function openRemoteSource(
  place: RemotePlace,
  { environment, clock, caFile, token, mostAttempts }: RemoteAccess,
): ReleaseSource {
  const shared = sharedOf({ environment, ...(caFile === null ? {} : { ca: readCa(caFile) }) }, clock);
  const attempts = mostAttempts === undefined ? {} : { mostAttempts };
  const access = { client: shared.client, clock, random: Math.random, ...attempts };
  switch (place.kind) {
    case 'http': {
      const authorization = async () => (token === null ? null : `Bearer ${await token()}`);
      return openHttpSource({ ...access, url: place.url, authorization });
    }
    case 'github': {
      const { owner, repo, apiUrl } = place;
      return openGithubSource({
        ...access,
        owner,
        repo,
        apiUrl,
        token,
        memoryOf: (shown) => shared.memoryOf(apiUrl, shown),
      });
    }
  }
}

/** Of a request to a node, whose own settings these are. */
export function openLocatedSource(locator: ReleaseLocator, access: () => RemoteAccess): ReleaseSource {
  return locator.kind === 'directory' ? openDirectorySource(locator.directory) : openRemoteSource(locator, access());
}

interface Shared {
  readonly client: HttpClient;
  readonly memoryOf: (apiUrl: string, token: string) => GithubMemory;
}

/** Tokens that are exchanged every hour leave something behind each time. */
const mostTokens = 16;
const sharedBySettings = new Map<string, Shared>();
const readVariables = proxyVariables.flatMap((name) => [name, name.toUpperCase()]);

function sharedOf(settings: HttpSettings, clock: Clock): Shared {
  const key = JSON.stringify([readVariables.map((name) => settings.environment[name]), settings.ca]);
  const known = sharedBySettings.get(key);
  if (known !== undefined) return known;
  const memories = new Map<string, GithubMemory>();
  const shared: Shared = {
    client: createHttpClient(settings),
    memoryOf(apiUrl, token) {
      // Of the token its hash: what is a secret is not kept.
      const owner = `${apiUrl} ${hexOf(digestBytes(new TextEncoder().encode(token)))}`;
      const memory = memories.get(owner) ?? { limit: createRateLimit(clock), documents: new Map() };
      memories.delete(owner);
      memories.set(owner, memory);
      if (memories.size > mostTokens) memories.delete(memories.keys().next().value!);
      return memory;
    },
  };
  sharedBySettings.set(key, shared);
  return shared;
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ThemisError('IO', `The certificate authorities in ${file} cannot be read.`, { cause: error });
  }
}
