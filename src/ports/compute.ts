/**
 * Work that would hold up the main thread, by the name of its task; where it runs is the adapter's to say. Inputs and
 * outputs cross threads: plain data and bytes, nothing with methods. A room that has such work names its tasks in a type.
 */
export type TaskTypes<Tasks> = {
  readonly [Name in keyof Tasks]: { readonly input: unknown; readonly output: unknown };
};

/** What a task may do besides returning its output. */
export interface TaskContext {
  /** This buffer of the output moves to whoever asked instead of being copied; the task may not use it afterwards. */
  readonly transfer: (buffer: ArrayBuffer) => void;
}

/** The code of tasks, as a worker entry or the inline adapter holds it. */
export type TaskCode<Tasks extends TaskTypes<Tasks>> = {
  readonly [Name in keyof Tasks]: (
    input: Tasks[Name]['input'],
    context: TaskContext,
  ) => Tasks[Name]['output'] | Promise<Tasks[Name]['output']>;
};

/** The types of tasks, from their code: a registry says each task once. */
export type TaskTypesOf<Code> = {
  readonly [Name in keyof Code]: Code[Name] extends (input: infer Input, context: TaskContext) => infer Output
    ? { readonly input: Input; readonly output: Awaited<Output> }
    : never;
};

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Buffers of the input that move instead of being copied: empty for the caller afterwards. Shared ones need no mention. */
  readonly transfer?: readonly ArrayBuffer[];
}

export interface Compute<Tasks extends TaskTypes<Tasks>> {
  /**
   * The input may not change before the task has ended. Throws what the task throws: a ThemisError keeps code, reason
   * and hint, anything else is BUG, as is a worker that dies of it; CANCELLED when aborted or closed; TIMEOUT when a
   * worker had to be ended because it did not answer.
   */
  run<Name extends keyof Tasks & string>(
    task: Name,
    input: Tasks[Name]['input'],
    options?: RunOptions,
  ): Promise<Tasks[Name]['output']>;
  /** Ends every worker; what still runs is cancelled. */
  close(): Promise<void>;
}
