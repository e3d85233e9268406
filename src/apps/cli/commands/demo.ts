import { relative, resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { makeDemo, newVersion } from '../../demo/make-demo.ts';
import { readDemo, startServers, stopServers } from '../../demo/demo.ts';
import type { Command, Session } from '../command.ts';
import { runLine } from '../run-line.ts';

export const demoCommand: Command = {
  name: 'demo',
  group: 'Start',
  summary: 'make a fleet of five local nodes and update it before your eyes',
  arguments: [{ name: 'DIR', summary: 'where (default: themis-demo)' }],
  options: [{ name: '--stop', summary: 'stop the nodes of the demo; its files stay' }],
  examples: [
    { line: 'themis demo /tmp/demo', summary: 'plan and apply an update from 1.4.0 to 1.5.0, and of a schema with it' },
    { line: 'themis demo /tmp/demo --stop', summary: 'stop its nodes' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? 'themis-demo');
    return input.flag('stop') ? await stop(session, directory) : await show(session, directory);
  },
};

async function show(session: Session, directory: string): Promise<number> {
  const where = relative(session.directory, directory) || '.';
  const path = where.startsWith('..') ? directory : where;
  const known = readDemo(directory);
  if (known?.complete === true) {
    const started = await startServers(directory, known, session.clock);
    if (started.length > 0) say(session, `Started ${started.join(', ')} again.`);
  } else {
    say(session, `Making a fleet of five database nodes in ${path} ...`);
    await makeDemo(session, directory, (text) => say(session, text));
  }
  const saved = 'update.themisplan';
  const lines = [
    ['plan', '-C', path, '--out', saved],
    ['apply', '-C', path, saved],
    ['status', '-C', path],
  ];
  for (const line of lines) {
    say(session, `\n$ themis ${line.join(' ')}`);
    const status = await runLine(session, line);
    if (status !== exitCode.done) return status;
  }
  say(session, nextSteps(path));
  return exitCode.done;
}

function nextSteps(path: string): string {
  return `
The nodes run on, on ports of this machine, until: themis demo ${path} --stop
Try:  themis history -C ${path}
      themis plan -C ${path} --rev HEAD --against HEAD~1
      edit the version in ${path}/fleet.yaml, then: themis lock -C ${path} && themis plan -C ${path}
      themis rollback --all -C ${path}   # back from ${newVersion}`;
}

async function stop(session: Session, directory: string): Promise<number> {
  const demo = readDemo(directory);
  if (demo === undefined) throw new ThemisError('NOT_FOUND', `${directory} holds no demo`);
  const stopped = await stopServers(directory, demo, session.clock);
  session.out.write(stopped.length === 0 ? 'No node was running.\n' : `Stopped ${stopped.join(', ')}.\n`);
  return exitCode.done;
}

function say(session: Session, text: string): void {
  if (session.verbosity !== 'quiet') session.out.write(`${text}\n`);
}
