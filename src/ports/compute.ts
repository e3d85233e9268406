/**
 * Work that would hold up the main thread, by the name of its task; where it runs is the adapter's to say. Inputs and
 * outputs cross threads: plain data and bytes, nothing with methods. A room that has such work names its tasks in a type.
 */
export type TaskTypes<Tasks> = {
  readonly [Name in keyof Tasks]: { readonly input: unknown; readonly output: unknown };
};

export interface Compute<Tasks extends TaskTypes<Tasks>> {
  /** Throws what the task throws (a ThemisError keeps its code), CANCELLED when aborted, BUG when a worker dies of it. */
  run<Name extends keyof Tasks & string>(
    task: Name,
    input: Tasks[Name]['input'],
    signal?: AbortSignal,
  ): Promise<Tasks[Name]['output']>;
  /** Ends every worker; what still runs is cancelled. */
  close(): Promise<void>;
}
