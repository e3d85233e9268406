import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { initNode } from '../../../node/init.ts';
import { parseAnchors } from '../../../trust/policy/anchors.ts';
import { toTrustError } from '../../../trust/refusal.ts';
import { createNodeDeps } from '../../agent/node-deps.ts';
import type { Command, Input, Session } from '../command.ts';

const namePattern = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/u;

export const nodeInitCommand: Command = {
  name: 'node init',
  group: 'Nodes',
  summary: 'make a node root and fix its trust anchors, which nothing changes afterwards',
  arguments: [{ name: 'DIR', summary: 'the node root to make (default: here)' }],
  options: [
    {
      name: '--anchors',
      value: 'FILE',
      summary: 'certificates that may vouch for releases, as release keygen writes them',
      required: true,
      variable: false,
    },
    { name: '--name', value: 'NAME', summary: 'name of the node in the Fleet (default: the name of the directory)' },
    { name: '--config', value: 'FILE', summary: 'a node.yaml to use (default: the one in DIR, else one to fill in)' },
  ],
  examples: [
    {
      line: 'themis node init ./nodes/node-a --name node-a --anchors keys/anchors.json',
      summary: 'with a node.yaml to fill in',
    },
    { line: 'themis node init /srv/db --anchors anchors.json --config node.yaml', summary: 'with your own node.yaml' },
  ],
  async run(session, input) {
    const root = path.resolve(session.directory, input.argument('DIR') ?? '.');
    const anchors = readAnchors(session, input);
    const context = await initNode(createNodeDeps(root, session.clock), {
      document: documentFor(session, input, root),
      anchors,
    });
    session.out.write(`Node ${context.config.name} is made in ${root}. Its trust anchors are fixed.\n`);
    if (context.config.service.kind === 'none') {
      session.out.write(
        `Next: say in ${path.join(root, 'node.yaml')} how its service is started and asked for health.\n`,
      );
    }
    return exitCode.done;
  },
};

function readAnchors(session: Session, input: Input): Uint8Array {
  const file = path.resolve(session.directory, input.text('anchors') ?? '');
  if (!existsSync(file)) throw new ThemisError('NOT_FOUND', `${file} does not exist.`);
  const bytes = readFileSync(file);
  const parsed = parseAnchors(bytes);
  if (parsed.ok) return bytes;
  throw toTrustError(parsed, file);
}

function documentFor(session: Session, input: Input, root: string): string | null {
  const config = input.text('config');
  if (config !== undefined) return readFileSync(path.resolve(session.directory, config), 'utf8');
  if (existsSync(path.join(root, 'node.yaml'))) return null;
  const name = input.text('name') ?? path.basename(root);
  if (!namePattern.test(name)) {
    throw new ThemisError('USAGE', `"${name}" is no node name: use lower-case letters, digits, dots and hyphens.`);
  }
  return template(name);
}

function template(name: string): string {
  return `# Settings of this machine alone, never from Git. Every field: schemas/node.schema.json of Themis.
apiVersion: themis.dev/v1
kind: Node
name: ${name}
service:
  manager: none
  # manager: supervised
  # command: [./bin/server, --config, /etc/server.conf]
  # stopTimeout: 30s
  # manager: command
  # start: [systemctl, start, server]
  # stop: [systemctl, stop, server]
  # status: [systemctl, is-active, --quiet, server]
# endpoints:
#   health: { url: http://127.0.0.1:8765/health }
#   drain: { url: http://127.0.0.1:8765/drain }
#   rejoin: { url: http://127.0.0.1:8765/rejoin }
# drainTimeout: 30s
# limits: { freeSpaceFactor: 2, maxReleaseSize: 4GiB }
# delivery: { concurrency: 8, bandwidth: 50MiB }
`;
}
