/**
 * A fleet of real processes in a temporary directory: the demo's server as payload, nodes made with `node init`,
 * releases signed with development keys. Commands are run as processes of their own, like a person runs them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fleetText, nodeText, serverText, type DemoNode } from '../../src/apps/demo/demo-files.ts';
import { freePorts } from '../../src/apps/demo/free-ports.ts';

const main = fileURLToPath(new URL('../../bin/themis.cjs', import.meta.url));
const server = fileURLToPath(new URL('../../src/apps/demo/server', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export class RealFleet {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'themis-fleet-'));
  readonly uid: string = randomUUID();
  nodes: DemoNode[] = [];

  /** `broken`: the node on which 1.5.0 never becomes healthy. */
  async make(count: number, broken?: string): Promise<void> {
    const ports = await freePorts(count);
    this.nodes = ports.map((port, index) => ({ name: `node-${'abcde'[index]}`, port, zone: 'z' }));
    await this.#ok('release', 'keygen', 'keys');
    for (const version of ['1.4.0', '1.5.0']) await this.release(version);
    for (const node of this.nodes) {
      const root = join(this.directory, 'nodes', node.name);
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, 'node.yaml'), nodeText(node, process.execPath));
      const text = JSON.parse(serverText(node, this.nodes)) as object;
      const quirks = node.name === broken ? { brokenVersions: ['1.5.0'] } : {};
      writeFileSync(join(root, 'server.json'), JSON.stringify({ ...text, ...quirks }));
      await this.#ok('node', 'init', root, '--anchors', 'keys/anchors.json');
    }
    this.write('rollout.yaml', rolloutText);
    await this.want('1.4.0');
  }

  async release(version: string): Promise<void> {
    const payload = join(this.directory, 'releases', `themisdb-${version}`);
    cpSync(server, join(payload, 'lib'), { recursive: true });
    mkdirSync(join(payload, 'share'));
    writeFileSync(join(payload, 'share/version.json'), JSON.stringify({ version }));
    const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
    await this.#ok('release', 'build', payload, '--package', 'themisdb', '--version', version);
    await this.#ok('release', 'sign', payload, ...keys);
    await this.#ok('release', 'index', 'releases', ...keys, '--expires', '30d');
  }

  async want(version: string): Promise<void> {
    this.write('fleet.yaml', fleetText(this.uid, version, this.nodes));
    await this.#ok('lock');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.directory, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  start(...line: string[]): ChildProcess {
    const environment = { ...process.env, THEMIS_STATE_DIR: join(this.directory, 'state') };
    return spawn(process.execPath, [main, ...line], { cwd: this.directory, env: environment, stdio: 'pipe' });
  }

  async run(...line: string[]): Promise<Ended> {
    return await ended(this.start(...line));
  }

  versions(): string[] {
    return this.nodes.map(({ name }) => {
      const file = `nodes/${name}/install/share/version.json`;
      if (!existsSync(join(this.directory, file))) return 'none';
      return (JSON.parse(this.read(file)) as { version: string }).version;
    });
  }

  async health(node: DemoNode): Promise<{ status: string; role: string; version: string } | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${node.port}/health`);
      return (await response.json()) as { status: string; role: string; version: string };
    } catch {
      return undefined;
    }
  }

  /** Ends every server that the fleet's nodes supervise, by the pid files they keep. */
  remove(): void {
    for (const file of readdirSync(this.directory, { recursive: true, encoding: 'utf8' })) {
      if (basename(file) !== 'pid') continue;
      const pid = Number.parseInt(this.read(file), 10);
      try {
        if (pid > 1) process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #ok(...line: string[]): Promise<void> {
    const { code, out, err } = await this.run(...line);
    if (code !== 0) throw new Error(`themis ${line.join(' ')} ended with ${code}\n${out}\n${err}`);
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

const rolloutText = `apiVersion: themis.dev/v1
kind: Rollout
metadata: { name: careful }
spec:
  maxUnavailable: 1
  maxMinorSkew: 1
  health: { timeout: 10s }
  onFailure: rollback
`;
