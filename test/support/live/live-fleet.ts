/**
 * A fleet like the demo's in a directory of its own: real keys, releases, nodes, Git and servers, driven through the
 * real command line. What is not under test here is made in this process, because a test should spend its time on what
 * it tests. `remove` ends every process of the fleet, whatever became of the test.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { openSoftwareSigner } from '../../../src/adapters/signer/software.ts';
import { runLine } from '../../../src/apps/cli/run-line.ts';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import {
  demoNodeNames,
  fleetText,
  ignoreText,
  nodeText,
  serverText,
  type DemoNode,
} from '../../../src/apps/demo/demo-files.ts';
import { demoServerDirectory } from '../../../src/apps/package-files.ts';
import { nodeRoot, startServers, type Demo } from '../../../src/apps/demo/demo.ts';
import { digestJson } from '../../../src/kernel/digest.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { ExecutionSummary } from '../../../src/ports/store.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { eventually } from '../eventually.ts';
import { freePorts } from '../../../src/apps/demo/free-ports.ts';
import { sessionIn } from '../session-in.ts';
import { isHalfStaged, listTree } from '../node/tree-digest.ts';
import { healthOf } from './health-watch.ts';
import { killAll, processesBelow, startThemis, type Ran, type Running } from './live-process.ts';

export interface LiveFleetOptions {
  /** How many of the five; clusters below three keep no quorum. */
  readonly nodes?: number;
  readonly rollout?: RolloutOptions;
  /** More files of each release, by path. */
  readonly payload?: (version: string) => Readonly<Record<string, string>>;
}

export interface RolloutOptions {
  readonly maxUnavailable?: number;
  readonly onFailure?: 'rollback' | 'pause';
  readonly healthTimeout?: string;
  /** The first stage: one node, then this bake. */
  readonly bake?: string;
}

/** One line of a service's log. */
export interface Start {
  readonly version: string;
  readonly at: string;
}

export class LiveFleet {
  readonly base: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: readonly DemoNode[];
  readonly uid = randomUUID();
  /** What the apply that installed 1.4.0 printed. */
  firstApply: Ran | undefined;
  readonly #files = createNodeFileSystem();
  #versions = 0;
  #payload: NonNullable<LiveFleetOptions['payload']> = () => ({});
  /** `metrics` of the Fleet as flow YAML; undefined: the nodes' own. */
  #metrics: string | undefined;
  /** `releases` of the Fleet as flow YAML. */
  #releases = '{ directory: ./releases }';

  private constructor(base: string, nodes: readonly DemoNode[]) {
    this.base = base;
    this.directory = join(base, 'fleet');
    this.nodes = nodes;
    this.environment = liveEnvironment(base);
    mkdirSync(this.directory);
  }

  /** Runs 1.4.0 on every node; 1.5.0 is signed and indexed, and nobody asks for it yet. */
  static async make(options: LiveFleetOptions = {}): Promise<LiveFleet> {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'themis-live-')));
    const names = demoNodeNames.slice(0, options.nodes ?? demoNodeNames.length);
    const ports = await freePorts(names.length);
    const nodes = names.map((name, index) => ({ name, port: ports[index]!, zone: index < 3 ? 'eu-1' : 'eu-2' }));
    const fleet = new LiveFleet(base, nodes);
    fleet.#payload = options.payload ?? fleet.#payload;
    try {
      await fleet.#fill(options.rollout ?? {});
    } catch (error) {
      await fleet.remove();
      throw error;
    }
    return fleet;
  }

  /** Ends every process of this fleet and removes its directory. */
  async remove(): Promise<void> {
    for (let tries = 0; tries < 3; tries += 1) killAll(processesBelow(this.base));
    await eventually(
      async () => processesBelow(this.base),
      (left) => left.length === 0,
    );
    rmSync(this.base, { recursive: true, force: true });
  }

  async themis(...line: string[]): Promise<Ran> {
    return await this.start(...line).ended;
  }

  start(...line: string[]): Running {
    return startThemis(this.directory, this.environment, line);
  }

  async plan(...line: string[]): Promise<Plan> {
    return JSON.parse((await this.themis('plan', '-o', 'json', ...line)).out) as Plan;
  }

  async history(): Promise<ExecutionSummary[]> {
    return JSON.parse((await this.themis('history', '-o', 'json')).out) as ExecutionSummary[];
  }

  file(path: string): string {
    return join(this.directory, path);
  }

  inNode(name: string, path: string): string {
    return join(nodeRoot(this.directory, { name }), path);
  }

  write(path: string, text: string): void {
    writeFileSync(this.file(path), text);
  }

  edit(path: string, change: (text: string) => string): void {
    this.write(path, change(readFileSync(this.file(path), 'utf8')));
  }

  setRollout(options: RolloutOptions): void {
    this.write('rollout.yaml', rolloutOf(options));
  }

  /** From the next version that is asked for on. */
  setMetrics(metrics: string | undefined): void {
    this.#metrics = metrics;
  }

  /** From the next version that is asked for on. */
  setReleases(releases: string): void {
    this.#releases = releases;
  }

  /** Asks for a version in fleet.yaml, locks it and commits both. */
  async askFor(version: string): Promise<void> {
    const made = fleetText(this.uid, version, this.nodes);
    const text = made.replace('  releases:\n    directory: ./releases\n', `  releases: ${this.#releases}\n`);
    const metrics = this.#metrics === undefined ? '' : `  metrics: ${this.#metrics}\n`;
    this.write('fleet.yaml', text.replace('  rollout: careful\n', `  rollout: careful\n${metrics}`));
    await this.line('lock');
    this.commit(`Run themisdb ${version}`);
  }

  commit(message: string): void {
    if (this.git('status', '--porcelain') === '') return;
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', message);
  }

  git(...line: string[]): string {
    const ran = spawnSync('git', line, { cwd: this.directory, env: this.environment, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`git ${line.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
  }

  /** Builds, signs and indexes the next release. */
  async addRelease(version: string): Promise<void> {
    await this.line('release', 'sign', await this.buildRelease(version), ...signer);
    await this.index();
  }

  /** Its directory. Each release has a higher counter. */
  async buildRelease(version: string): Promise<string> {
    const release = `releases/themisdb-${version}`;
    this.#versions += 1;
    cpSync(demoServerDirectory, join(this.file(release), 'lib'), { recursive: true });
    mkdirSync(join(this.file(release), 'share'));
    this.write(`${release}/share/version.json`, `${JSON.stringify({ version })}\n`);
    for (const [path, text] of Object.entries(this.#payload(version))) this.write(`${release}/${path}`, text);
    const counter = String(this.#versions);
    await this.line('release', 'build', release, '--package', 'themisdb', '--version', version, '--counter', counter);
    return release;
  }

  async index(): Promise<void> {
    await this.line('release', 'index', 'releases', ...signer);
  }

  /** Signs what `release sign` would refuse to sign: the right key in the wrong hands. */
  async signAnything(path: string): Promise<void> {
    const [key, certificate] = [this.file('keys/signer.key.pem'), this.file('keys/signer.certificate.pem')];
    const signature = await signDetached(
      readFileSync(this.file(path)),
      openSoftwareSigner({ key, certificate }),
      Date.now(),
    );
    writeFileSync(this.file(`${path}.p7s`), signature);
  }

  /** From its next start on, the node's server calls itself unhealthy under these versions. */
  breakVersions(name: string, brokenVersions: readonly string[]): void {
    this.#configure(name, { brokenVersions });
  }

  /** From its next start on, queries of the node's server go wrong under these versions, in good health. */
  setFaults(name: string, faults: Readonly<Record<string, { errorRate?: number; latencyMs?: number }>>): void {
    this.#configure(name, { faults });
  }

  /** Starts of the server on a node, oldest first: each is one more line of its log. */
  starts(name: string): Start[] {
    const log = readFileSync(this.inNode(name, 'state/service/service.log'), 'utf8');
    return [...log.matchAll(/^(\S+) themisdb (\S+) \S+ listens on \d+$/gmu)].map(([, at, version]) => ({
      at: at!,
      version: version!,
    }));
  }

  startCounts(): Record<string, number> {
    return Object.fromEntries(this.nodes.map(({ name }) => [name, this.starts(name).length]));
  }

  /** Names, kinds, modes and bytes below `install/`, by node. */
  async installs(): Promise<Record<string, string>> {
    return await this.#digests('install');
  }

  /** The version whose files lie on each node, whether or not it serves. */
  installed(): Record<string, string> {
    return Object.fromEntries(
      this.nodes.map(({ name }) => {
        const text = readFileSync(this.inNode(name, 'install/share/version.json'), 'utf8');
        return [name, (JSON.parse(text) as { version: string }).version];
      }),
    );
  }

  /** What is staged on each node, whole. */
  async downloads(): Promise<Record<string, string>> {
    return await this.#digests('downloads', isHalfStaged);
  }

  /** The version that answers on each node, healthy; undefined where none does. */
  async serving(): Promise<Record<string, string | undefined>> {
    const answers = await Promise.all(this.nodes.map((node) => healthOf(node)));
    return Object.fromEntries(
      this.nodes.map(({ name }, index) => [name, answers[index]?.code === 200 ? answers[index].version : undefined]),
    );
  }

  /** The same for every node, for comparison with what `startCounts` and its like give. */
  all<T>(value: T): Record<string, T> {
    return Object.fromEntries(this.nodes.map(({ name }) => [name, value]));
  }

  /** Waits until one server leads and the others know it. */
  async leader(): Promise<string> {
    const answers = await eventually(
      () => Promise.all(this.nodes.map((node) => healthOf(node))),
      (seen) =>
        seen.filter((one) => one?.role === 'leader').length === 1 &&
        seen.every((one) => one?.leader !== null && one?.leader === seen[0]?.leader),
    );
    return answers[0]!.leader!;
  }

  /** Runs a command line in this process; for what a test needs and does not test. */
  async line(...argv: string[]): Promise<void> {
    const said: string[] = [];
    const out = { write: (text: string) => void said.push(text), isTerminal: false, color: false, columns: 100 };
    const world = { clock: systemClock, environment: this.environment, out, err: out, verbosity: 'quiet' } as const;
    const session = sessionIn(this.directory, world);
    const code = await runLine(session, argv, true);
    if (code !== 0) throw new Error(`themis ${argv.join(' ')} ended with ${code}:\n${said.join('')}`);
  }

  async startServers(): Promise<void> {
    const demo: Demo = { uid: this.uid, nodes: this.nodes, complete: true };
    await startServers(this.directory, demo, systemClock);
  }

  /** `node exec` processes at work on this fleet. */
  operations(): number[] {
    return processesBelow(this.base, ' node exec ');
  }

  killServers(): void {
    killAll(processesBelow(this.base, 'lib/main.ts'));
  }

  async #fill(rollout: RolloutOptions): Promise<void> {
    this.git('init', '--quiet', '--initial-branch=main');
    this.write('.gitignore', ignoreText);
    this.setRollout(rollout);
    await this.line('release', 'keygen', 'keys', '--name', 'Test CA');
    await this.addRelease('1.4.0');
    await this.addRelease('1.5.0');
    for (const node of this.nodes) {
      mkdirSync(nodeRoot(this.directory, node), { recursive: true });
      writeFileSync(this.inNode(node.name, 'server.json'), serverText(node, this.nodes));
      // Two busy cores make a leader late; an election that nobody asked for would be no fault of what is tested.
      this.#configure(node.name, { electionMs: 2000 });
      writeFileSync(this.inNode(node.name, 'node.yaml'), nodeText(node, process.execPath));
      await this.line('node', 'init', `nodes/${node.name}`, '--anchors', 'keys/anchors.json');
    }
    await this.askFor('1.4.0');
    const ran = await this.themis('apply', '--auto-approve');
    this.firstApply = ran;
    if (ran.code !== 0) throw new Error(`the first apply ended with ${ran.code}:\n${ran.out}${ran.err}`);
    await this.startServers();
    await this.leader();
  }

  #configure(name: string, change: object): void {
    const path = this.inNode(name, 'server.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...config, ...change }, null, 2));
  }

  async #digests(directory: string, isLeftOut = (_path: string): boolean => false): Promise<Record<string, string>> {
    const digests = await Promise.all(
      this.nodes.map(async ({ name }) => {
        const tree = Object.entries(await listTree(this.#files, this.inNode(name, directory)));
        return [name, digestJson(tree.filter(([path]) => !isLeftOut(`${directory}/${path}`)))] as const;
      }),
    );
    return Object.fromEntries(digests);
  }
}

export const signer = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];

/** Nothing of the machine's own: no state, no Git configuration, no colours. */
export function liveEnvironment(base: string): Record<string, string> {
  const home = join(base, 'home');
  mkdirSync(home);
  const author = { GIT_AUTHOR_NAME: 'Test', GIT_AUTHOR_EMAIL: 'test@example.org' };
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    THEMIS_STATE_DIR: join(base, 'fleet-state'),
    GIT_CONFIG_NOSYSTEM: '1',
    ...author,
    GIT_COMMITTER_NAME: author.GIT_AUTHOR_NAME,
    GIT_COMMITTER_EMAIL: author.GIT_AUTHOR_EMAIL,
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
    NO_COLOR: '1',
  };
}

function rolloutOf({
  maxUnavailable = 1,
  onFailure = 'rollback',
  healthTimeout = '30s',
  bake,
}: RolloutOptions): string {
  return `apiVersion: themis.dev/v1
kind: Rollout
metadata:
  name: careful
spec:
  maxUnavailable: ${maxUnavailable}
  maxMinorSkew: 1
  health: { timeout: ${healthTimeout} }
  onFailure: ${onFailure}
  stages:
${bake === undefined ? '' : `    - { percentage: 1, atLeast: 1, bake: ${bake} }\n`}    - { percentage: 100 }
`;
}
