/**
 * Makes a demo fleet by running the commands a user would run: keys, releases, nodes, desired state in Git. Nothing
 * here knows a way around them, so the demo works only while they do. Every step is safe to run again.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNodeFileSystem } from '../../adapters/file-system/node.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { Session } from '../cli/command.ts';
import { runLine } from '../cli/run-line.ts';
import { demoServerDirectory } from '../package-files.ts';
import {
  databaseText,
  demoNodeNames,
  fleetText,
  ignoreText,
  nodeText,
  ordersText,
  phoneText,
  rolloutText,
  serverText,
} from './demo-files.ts';
import { freePorts } from './free-ports.ts';
import { nodeRoot, readDemo, startServers, writeDemo, type Demo } from './demo.ts';

export const oldVersion = '1.4.0';
export const newVersion = '1.5.0';

const lockFileName = '.themis-demo.lock';

/** Runs one command line in the demo's directory. */
type Line = (...argv: string[]) => Promise<void>;

/** Ends with the old version on every node and the new one asked for. ALREADY_IN_PROGRESS while another makes it. */
export async function makeDemo(session: Session, directory: string, say: (line: string) => void): Promise<Demo> {
  refuseForeign(directory);
  if (spawnSync('git', ['--version'], { stdio: 'ignore' }).status !== 0) {
    throw new ThemisError('GIT', 'The git program was not found.', { hint: 'Install git, or put it on PATH.' });
  }
  mkdirSync(directory, { recursive: true });
  const lock = await createNodeFileSystem().tryLock(join(directory, lockFileName));
  if (lock === null) {
    throw new ThemisError('ALREADY_IN_PROGRESS', `another process is making the demo in ${directory}`, {
      hint: 'wait until it ends, or name another directory',
    });
  }
  try {
    const demo = await beginDemo(directory);
    return demo.complete ? demo : await goOn(session, directory, demo, say);
  } finally {
    await lock.release();
  }
}

async function goOn(session: Session, directory: string, demo: Demo, say: (line: string) => void): Promise<Demo> {
  const line: Line = async (...argv) => {
    const status = await runLine(session, ['-C', directory, ...argv], true);
    if (status !== 0) throw new ThemisError('BUG', `themis ${argv.join(' ')} ended with exit code ${status}`);
  };
  await makeReleases(directory, line);
  say(`Made a development CA and signed two releases: themisdb ${oldVersion} and ${newVersion}.`);
  await makeNodes(directory, demo, session.runtimeBinary, line);
  writeFileSync(join(directory, '.gitignore'), `${ignoreText}.themis-demo.*\n`);
  writeFileSync(join(directory, 'rollout.yaml'), rolloutText);
  writeFileSync(join(directory, 'database.yaml'), databaseText);
  writeFileSync(join(directory, 'make-orders.yaml'), ordersText);
  await askFor(directory, demo, oldVersion, line);
  await startServers(directory, demo, session.clock);
  await line('apply', '--auto-approve', '--parallelism', String(demo.nodes.length));
  say(
    `Made a database with a table of orders, installed ${oldVersion} on ${demo.nodes.length} nodes and started them.`,
  );
  writeFileSync(join(directory, 'add-phone-number.yaml'), phoneText(newVersion));
  await askFor(directory, demo, newVersion, line);
  say(`Asked for ${newVersion} in fleet.yaml and for the column it needs, locked it and committed all.`);
  const complete = { ...demo, complete: true };
  writeDemo(directory, complete);
  return complete;
}

function refuseForeign(directory: string): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined || readDemo(directory) !== undefined) return;
  if (stat.isDirectory() && readdirSync(directory).every((name) => name.startsWith('.themis-demo.'))) return;
  throw new ThemisError('USAGE', `${directory} is not an empty directory and holds no demo`, {
    hint: 'name a directory that does not exist yet',
  });
}

async function beginDemo(directory: string): Promise<Demo> {
  const begun = readDemo(directory);
  if (begun !== undefined) return begun;
  const ports = await freePorts(demoNodeNames.length);
  const nodes = demoNodeNames.map((name, index) => ({ name, port: ports[index]!, zone: index < 3 ? 'eu-1' : 'eu-2' }));
  const demo: Demo = { uid: randomUUID(), nodes, complete: false };
  writeDemo(directory, demo);
  return demo;
}

async function makeReleases(directory: string, line: Line): Promise<void> {
  if (!existsSync(join(directory, 'keys'))) {
    // Under its name only when it is whole: keys are never overwritten, so half of them could not be completed.
    rmSync(join(directory, 'keys.new'), { recursive: true, force: true });
    await line('release', 'keygen', 'keys.new', '--name', 'Demo CA');
    renameSync(join(directory, 'keys.new'), join(directory, 'keys'));
  }
  const signer = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
  for (const [index, version] of [oldVersion, newVersion].entries()) {
    const release = join('releases', `themisdb-${version}`);
    if (existsSync(join(directory, release, 'release.json.p7s'))) continue;
    const payload = join(directory, release);
    cpSync(demoServerDirectory, join(payload, 'lib'), { recursive: true });
    mkdirSync(join(payload, 'share'), { recursive: true });
    writeFileSync(join(payload, 'share', 'version.json'), `${JSON.stringify({ version })}\n`);
    await line(
      'release',
      'build',
      release,
      '--package',
      'themisdb',
      '--version',
      version,
      '--counter',
      String(index + 1),
    );
    await line('release', 'sign', release, ...signer);
  }
  await line('release', 'index', 'releases', ...signer);
}

async function makeNodes(directory: string, demo: Demo, runtime: string, line: Line): Promise<void> {
  for (const node of demo.nodes) {
    const root = nodeRoot(directory, node);
    if (existsSync(join(root, 'state', 'node.json'))) continue;
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'server.json'), serverText(node, demo.nodes));
    writeFileSync(join(root, 'node.yaml'), nodeText(node, runtime));
    await line('node', 'init', join('nodes', node.name), '--anchors', 'keys/anchors.json');
  }
}

async function askFor(directory: string, demo: Demo, version: string, line: Line): Promise<void> {
  writeFileSync(join(directory, 'fleet.yaml'), fleetText(demo.uid, version, demo.nodes));
  await line('lock');
  commit(directory, `Run themisdb ${version}`);
}

/** Where git is too old for it the demo works too; it then has no revisions to compare. */
function commit(directory: string, message: string): void {
  const git = (...args: string[]): number | null =>
    spawnSync(
      'git',
      ['-c', 'user.name=Themis demo', '-c', 'user.email=demo@example.org', '-c', 'commit.gpgsign=false', ...args],
      {
        cwd: directory,
        stdio: 'ignore',
      },
    ).status;
  if (!existsSync(join(directory, '.git')) && git('init', '--quiet', '--initial-branch=main') !== 0) return;
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
}
