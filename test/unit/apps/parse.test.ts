import { expect, test } from 'vitest';
import type { Command } from '../../../src/apps/cli/command.ts';
import { parse, type Environment, type Parsed } from '../../../src/apps/cli/parse.ts';

const plan: Command = {
  name: 'plan',
  group: 'Plan and apply',
  summary: 'show what would change',
  arguments: [{ name: 'DIR', summary: 'fleet directory' }],
  options: [
    { name: '--out', value: 'FILE', summary: 'save the plan' },
    { name: '--output', short: '-o', value: 'FORMAT', summary: 'format', choices: ['text', 'json'], default: 'text' },
    { name: '--target', value: 'ADDRESS', summary: 'only this', repeatable: true },
    { name: '--detailed-exitcode', summary: 'exit 2 when something changes' },
    { name: '--auto-approve', summary: 'do not ask', variable: false },
    { name: '--parallelism', value: 'N', summary: 'nodes at once', default: '10' },
    { name: '--lock-timeout', value: 'DURATION', summary: 'wait for the lock' },
  ],
  examples: [{ line: 'themis plan', summary: 'plan' }],
  run: () => Promise.resolve(0),
};
const build: Command = {
  ...plan,
  name: 'release build',
  group: 'Releases',
  options: [{ name: '--version', value: 'VERSION', summary: 'of the release' }],
  arguments: [{ name: 'DIR', summary: 'payload', required: true }],
};

function run(argv: readonly string[], environment: Environment = {}): Extract<Parsed, { kind: 'run' }> {
  const parsed = parse([plan, build], argv, environment, '1.2.3');
  if (parsed.kind !== 'run') throw new Error(parsed.text);
  return parsed;
}

test('values come from the command line, then the variable, then the default', () => {
  expect(run(['plan', '-o', 'json'], { THEMIS_OUTPUT: 'text' }).input.text('output')).toBe('json');
  expect(run(['plan'], { THEMIS_OUTPUT: 'json' }).input.text('output')).toBe('json');
  expect(run(['plan']).input.text('output')).toBe('text');
});

test('a switch is set by its variable unless that says no', () => {
  expect(run(['plan'], { THEMIS_DETAILED_EXITCODE: '1' }).input.flag('detailed-exitcode')).toBe(true);
  expect(run(['plan'], { THEMIS_DETAILED_EXITCODE: '0' }).input.flag('detailed-exitcode')).toBe(false);
});

test('an option that approves has no variable', () => {
  expect(run(['plan'], { THEMIS_AUTO_APPROVE: '1' }).input.flag('auto-approve')).toBe(false);
  expect(run(['plan', '--auto-approve']).input.flag('auto-approve')).toBe(true);
});

test('global options stand before or after the command', () => {
  expect(run(['-C', '/x', 'plan']).globals.text('chdir')).toBe('/x');
  expect(run(['plan', '-C', '/x', '--no-color']).globals.text('chdir')).toBe('/x');
  expect(run(['plan', '--no-color']).globals.flag('no-color')).toBe(true);
  expect(run(['plan']).globals.flag('no-color')).toBe(false);
});

test('repeatable options collect, numbers and durations are checked', () => {
  const { input } = run(['plan', '--target', 'node/a', '--target', 'node/b', '--lock-timeout', '90s']);
  expect(input.list('target')).toEqual(['node/a', 'node/b']);
  expect(input.integer('parallelism')).toBe(10);
  expect(input.duration('lock-timeout')).toBe(90_000);
  expect(() => run(['plan', '--parallelism', 'many']).input.integer('parallelism')).toThrow(/whole number/u);
  expect(() => run(['plan'], { THEMIS_OUTPUT: 'xml' })).toThrow(/THEMIS_OUTPUT/u);
});

test('subcommands have their own arguments', () => {
  const { command, input } = run(['release', 'build', './payload', '--version', '1.5.0']);
  expect([command.name, input.argument('DIR'), input.text('version')]).toEqual(['release build', './payload', '1.5.0']);
});

test.each([
  [['plna'], 'Did you mean plan'],
  [['plan', '--ouput', 'x'], 'Did you mean --output'],
  [['plan', '-o', 'xml'], 'Allowed choices are text, json'],
  [['release', 'build'], 'missing required argument'],
  [[], 'Usage: themis'],
])('%j is a usage error that says %s', (argv, text) => {
  const parsed = parse([plan, build], argv, {}, '1.2.3');
  expect(parsed).toMatchObject({ kind: 'text', usage: true, stream: 'err' });
  expect(parsed.kind === 'text' && parsed.text).toContain(text);
});

test.each(['--version', '-V'])('%s prints the version', (flag) => {
  expect(parse([plan, build], [flag], {}, '1.2.3')).toEqual({
    kind: 'text',
    text: '1.2.3\n',
    stream: 'out',
    usage: false,
  });
});

test('a selector is refused by a command that would ignore it', () => {
  expect(() => run(['plan', '-l', 'zone=eu-1'])).toThrow(/themis plan.*takes no --selector/u);
  const parsed = parse([{ ...plan, selects: true }], ['-l', 'zone=eu-1', 'plan'], {}, '1.2.3');
  expect(parsed.kind === 'run' && parsed.globals.text('selector')).toBe('zone=eu-1');
});

test('help of a subcommand is asked for in either way', () => {
  const help = parse([plan, build], ['help', 'release', 'build'], {}, '1.2.3');
  expect(help).toEqual(parse([plan, build], ['release', 'build', '--help'], {}, '1.2.3'));
  expect(help.kind === 'text' && help.text).toContain('Usage: themis release build');
});

test('help is data: it goes to stdout, groups commands and names variables', () => {
  const help = parse([plan, build], ['--help'], {}, '1.2.3');
  expect(help).toMatchObject({ kind: 'text', usage: false, stream: 'out' });
  expect(help.kind === 'text' && help.text).toMatch(/Plan and apply:\n {2}plan[\s\S]*Releases:\n {2}release/u);
  const planHelp = parse([plan, build], ['plan', '--help'], {}, '1.2.3');
  expect(planHelp.kind === 'text' && planHelp.text).toMatch(/^Examples:\n {2}themis plan[\s\S]*\[THEMIS_OUT\]/u);
});
