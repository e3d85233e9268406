/**
 * What a command is: data for help, completion and variables, and one function. `main.ts` turns the registry into
 * commander commands; nothing else knows commander.
 */
import type { Clock } from '../../ports/clock.ts';

export type CommandGroup =
  | 'Start'
  | 'Plan and apply'
  | 'Look'
  | 'Steer a rollout'
  | 'Releases'
  | 'Databases'
  | 'Nodes'
  | 'Help';

export interface Command {
  /** As typed: `plan`, `release build`, `node init`. */
  readonly name: string;
  readonly group: CommandGroup;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  /** Command lines that work, most common first; shown before the options. */
  readonly examples: readonly Example[];
  /** Honours `-l`; elsewhere it is refused, because it would act on more nodes than were named. */
  readonly selects?: true;
  run(session: Session, input: Input): Promise<number>;
}

export interface Argument {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Takes the rest of the line. */
  readonly variadic?: boolean;
  readonly choices?: readonly string[];
}

export interface Option {
  /** `--out`, long form; the variable is `THEMIS_OUT`. */
  readonly name: `--${string}`;
  readonly short?: `-${string}`;
  /** Placeholder of the value; absent for a switch. */
  readonly value?: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  readonly required?: boolean;
  /** Options that approve or override have no variable. */
  readonly variable?: false;
}

export interface Example {
  readonly line: string;
  readonly summary: string;
}

export interface Input {
  argument(name: string): string | undefined;
  rest(name: string): readonly string[];
  /** Options are asked for without their dashes: `out`, `dry-run`. */
  text(option: string): string | undefined;
  list(option: string): readonly string[];
  flag(option: string): boolean;
  /** USAGE when it is not a whole number of at least `minimum`. */
  integer(option: string, minimum?: number): number | undefined;
  /** `90s`, `2h`; USAGE otherwise. Milliseconds. */
  duration(option: string): number | undefined;
}

/** The world of one command run. Data goes to `out`, progress and findings to `err`. */
export interface Session {
  /** Absolute; `-C` is applied. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly out: Output;
  readonly err: Output;
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
  /** `-l`; undefined without. */
  readonly selector: string | undefined;
  /** Asks a person; undefined where nobody can answer (no terminal, `--no-input`). */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly interrupts: Interrupts;
  readonly themisVersion: string;
  readonly runtimeVersion: string;
  /** Absolute path of the Node.js that runs Themis. */
  readonly runtimeBinary: string;
  /** Absolute path of what it is given to run Themis. */
  readonly launcherFile: string;
}

export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly color: boolean;
  readonly columns: number;
}

/**
 * SIGINT and SIGTERM. `soft` aborts at the first, `hard` at the second. Until a command asks for its interrupts
 * the signals end the process at once, as for any program.
 */
export interface Interrupts {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
  /** The signal that came first, if any. */
  signal(): 'SIGINT' | 'SIGTERM' | undefined;
}
