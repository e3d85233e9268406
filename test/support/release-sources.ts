import { systemClock } from '../../src/adapters/clock/system.ts';
import { openHttpSource, type HttpSourceOptions } from '../../src/adapters/release-source/http.ts';
import { createHttpClient, type Deadlines, type HttpSettings } from '../../src/adapters/release-source/http/client.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { OpenedFile, ReleaseSource } from '../../src/ports/release-source.ts';

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
