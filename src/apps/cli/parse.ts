/**
 * The registry as commander commands, and back: argv in, the command and its input out. The only file that knows
 * commander. A value comes from the command line, else from its `THEMIS_*` variable, else from the default.
 */
import {
  Command as Commander,
  CommanderError,
  Option as CommanderOption,
  Argument as CommanderArgument,
} from 'commander';
import { parseDuration } from '../../kernel/units/duration.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { Argument, Command, CommandGroup, Input, Option } from './command.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `parse` found: a command to run, or text that was asked for or is owed. */
export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly input: Input; readonly globals: Input }
  | { readonly kind: 'text'; readonly text: string; readonly stream: 'out' | 'err'; readonly usage: boolean };

export const globalOptions: readonly Option[] = [
  { name: '--chdir', short: '-C', value: 'DIR', summary: 'run as if started in DIR' },
  {
    name: '--selector',
    short: '-l',
    value: 'SELECTOR',
    summary: 'plan, apply, status: only nodes whose labels match, e.g. zone=eu-1',
  },
  { name: '--quiet', short: '-q', summary: 'data and errors only' },
  { name: '--verbose', short: '-v', summary: 'say more, with stack traces of bugs' },
  { name: '--no-color', summary: 'no colour (also NO_COLOR; FORCE_COLOR forces it)' },
  { name: '--no-input', summary: 'never ask' },
];

const groupOrder: readonly CommandGroup[] = [
  'Start',
  'Plan and apply',
  'Look',
  'Steer a rollout',
  'Releases',
  'Databases',
  'Nodes',
  'Help',
];

export function parse(
  commands: readonly Command[],
  argv: readonly string[],
  environment: Environment,
  version: string,
): Parsed {
  // Not commander's own: it would take the `--version` of `release build` for itself.
  if (argv[0] === '--version' || argv[0] === '-V')
    return { kind: 'text', text: `${version}\n`, stream: 'out', usage: false };
  const written = { out: '', err: '' };
  let found: Parsed | undefined;
  const program = new Commander('themis')
    .description('Plans and carries out updates of database fleets from desired state kept in Git.')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, helpWidth: 100 })
    .configureOutput({ writeOut: (text) => (written.out += text), writeErr: (text) => (written.err += text) })
    .showHelpAfterError('Run it with --help to see how it is used.')
    .exitOverride();
  for (const option of globalOptions) program.addOption(toCommanderOption(option));
  const groups = new Map<string, Commander>();
  for (const command of [...commands].sort((a, b) => groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group))) {
    const words = command.name.split(' ');
    const parent = words.length === 1 ? program : groupCommand(program, groups, words[0]!, command.group);
    const leaf = parent.command(words.at(-1)!).summary(command.summary).description(sentence(command.summary));
    if (words.length === 1) leaf.helpGroup(`${command.group}:`);
    leaf.addHelpText('before', examplesText(command));
    for (const argument of command.arguments) leaf.addArgument(toCommanderArgument(argument));
    for (const option of command.options) leaf.addOption(toCommanderOption(option));
    leaf.action(() => {
      const globals = createInput(globalOptions, [], program, environment);
      if (command.selects !== true && program.getOptionValueSource('selector') === 'cli')
        throw new ThemisError('USAGE', `\`themis ${command.name}\` takes no --selector`);
      found = {
        kind: 'run',
        command,
        input: createInput(command.options, command.arguments, leaf, environment),
        globals,
      };
    });
  }
  program.addHelpText('beforeAll', '');
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 changes present, 3 invalid desired state, 4 refused, 5 locked, 6 rolled back,\n7 rollback incomplete, 8 stale plan, 9 not finished, 64 usage, 69 runtime missing, 70 bug. README explains each.',
  );
  try {
    // `help release build`: commander's own knows one word only.
    program.parse(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const usage = error.exitCode !== 0;
    return usage
      ? { kind: 'text', text: written.err, stream: 'err', usage }
      : { kind: 'text', text: written.out, stream: 'out', usage };
  }
  return found ?? { kind: 'text', text: program.helpInformation(), stream: 'err', usage: true };
}

function groupCommand(
  program: Commander,
  groups: Map<string, Commander>,
  word: string,
  group: CommandGroup,
): Commander {
  let parent = groups.get(word);
  if (parent === undefined) {
    parent = program
      .command(word)
      .summary(groupSummaries[word] ?? word)
      .description(sentence(groupSummaries[word] ?? word))
      .helpGroup(`${group}:`);
    groups.set(word, parent);
  }
  return parent;
}

const groupSummaries: Readonly<Record<string, string>> = {
  release: 'build, sign, index and verify releases',
  migrate: 'change schemas of databases',
  node: 'work on this machine as a node',
};

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

function examplesText(command: Command): string {
  if (command.examples.length === 0) return '';
  const width = Math.max(...command.examples.map((example) => example.line.length));
  return `Examples:\n${command.examples.map((example) => `  ${example.line.padEnd(width)}  # ${example.summary}`).join('\n')}\n`;
}

function toCommanderOption(option: Option): CommanderOption {
  const value = option.value === undefined ? '' : ` <${option.value}>`;
  const variable = variableOf(option);
  const result = new CommanderOption(
    `${option.short === undefined ? '' : `${option.short}, `}${option.name}${value}`,
    `${option.summary}${option.default === undefined ? '' : ` (default: ${option.default})`}${variable === undefined ? '' : ` [${variable}]`}`,
  );
  if (option.choices !== undefined) result.choices(option.choices);
  if (option.repeatable === true)
    result.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return result;
}

function toCommanderArgument(argument: Argument): CommanderArgument {
  const name = `${argument.name}${argument.variadic === true ? '...' : ''}`;
  const result = new CommanderArgument(argument.required === true ? `<${name}>` : `[${name}]`, argument.summary);
  return argument.choices === undefined ? result : result.choices(argument.choices);
}

/** `--dry-run` → `THEMIS_DRY_RUN`; undefined for options that approve or override. */
export function variableOf(option: Option): string | undefined {
  return option.variable === false ? undefined : `THEMIS_${option.name.slice(2).toUpperCase().replaceAll('-', '_')}`;
}

function createInput(
  options: readonly Option[],
  args: readonly Argument[],
  source: Commander,
  environment: Environment,
): Input {
  const values = new Map<string, string | boolean | readonly string[]>();
  for (const option of options) {
    const value = valueOf(option, source, environment);
    if (value !== undefined) values.set(option.name.slice(2), value);
    else if (option.required === true) throw new ThemisError('USAGE', `${option.name} is needed`);
  }
  const text = (name: string): string | undefined => {
    const value = values.get(name);
    return typeof value === 'string' ? value : Array.isArray(value) ? (value.at(-1) as string) : undefined;
  };
  return {
    argument(name) {
      const index = args.findIndex((argument) => argument.name === name);
      const value: unknown = index < 0 ? undefined : source.processedArgs[index];
      return typeof value === 'string' ? value : undefined;
    },
    rest(name) {
      const value: unknown = source.processedArgs[args.findIndex((argument) => argument.name === name)];
      return Array.isArray(value) ? (value as string[]) : [];
    },
    text,
    list(name) {
      const value = values.get(name);
      return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : [];
    },
    flag: (name) => values.get(name) === true,
    integer(name, minimum = 0) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (!/^\d+$/u.test(value) || number < minimum)
        throw new ThemisError('USAGE', `--${name} takes a whole number of at least ${minimum}, not "${value}"`);
      return number;
    },
    duration(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const durationMs = parseDuration(value);
      if (durationMs === undefined)
        throw new ThemisError('USAGE', `--${name} takes a duration such as 90s or 2h, not "${value}"`);
      return durationMs;
    },
  };
}

function valueOf(
  option: Option,
  source: Commander,
  environment: Environment,
): string | boolean | readonly string[] | undefined {
  const key = new CommanderOption(option.name).attributeName();
  if (source.getOptionValueSource(key) === 'cli') {
    // commander stores `--no-color` as `color: false`; here the switch has the name it is typed with.
    return option.value === undefined ? true : (source.getOptionValue(key) as string | string[]);
  }
  const variable = variableOf(option);
  const text = variable === undefined ? undefined : environment[variable];
  if (text === undefined || text === '') return option.default;
  if (option.value === undefined) return !['0', 'false', 'no', 'off'].includes(text.toLowerCase());
  if (option.choices !== undefined && !option.choices.includes(text)) {
    throw new ThemisError('USAGE', `${variable} is "${text}"; it takes ${option.choices.join(', ')}`);
  }
  return option.repeatable === true ? text.split(',') : text;
}
