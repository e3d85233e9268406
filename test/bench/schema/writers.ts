/** Four clients that write while something happens, and what it did to them. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Load } from './writers-process.ts';

export interface Writers {
  /** Throws when one of them failed. */
  during<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly load: Load }>;
  end(): void;
}

const clients = 4;

/** Over the table `items`, whose ids go up to `rows`. */
export async function startWriters(url: string, rows: number): Promise<Writers> {
  const program = fileURLToPath(new URL('writers-process.ts', import.meta.url));
  const child = fork(program, [url, String(rows), String(clients)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await answer(child);
  return {
    async during(work) {
      await ask(child, 'begin');
      const result = await work();
      const load = (await ask(child, 'report')) as Load;
      if (load.failures.length > 0) throw new Error(`writers failed: ${load.failures.join('; ')}`);
      return { result, load };
    },
    end: () => child.disconnect(),
  };
}

async function ask(child: ChildProcess, what: 'begin' | 'report'): Promise<unknown> {
  const said = answer(child);
  child.send(what);
  return await said;
}

async function answer(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('the writers ended');
  });
  try {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    return message;
  } finally {
    ended.catch(() => {});
    gone.abort();
  }
}
