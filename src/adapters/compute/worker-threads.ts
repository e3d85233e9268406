/**
 * Tasks on a pool of worker threads. Workers start when there is work for them and stay; each has one task at a time,
 * and a task that dies, hangs or is cancelled takes its worker with it and nothing else. Idle workers do not keep the
 * process alive. The queue is first come, first served.
 */
import { Worker } from 'node:worker_threads';
import { ThemisError } from '../../kernel/error.ts';
import type { Compute, RunOptions, TaskTypes } from '../../ports/compute.ts';
import { cancelledTask, fromTaskFailure, type TaskReply, toTaskFailure } from './task-message.ts';

export interface WorkerThreadsOptions {
  /** A module that calls `serveTasks`. */
  readonly entry: URL;
  /** Workers at most. */
  readonly size: number;
  /** A task that takes longer is ended with its worker. Default: a minute. */
  readonly timeoutMs?: number;
  /** Heap of each worker. Default: 512. */
  readonly memoryMiB?: number;
}

/** Starting is slow on a machine that is busy, and says nothing about the task. */
const startLimitMs = 60_000;

interface Job {
  readonly id: number;
  readonly task: string;
  readonly input: unknown;
  readonly transfer: readonly ArrayBuffer[];
  readonly settle: (result: { readonly output: unknown } | { readonly error: ThemisError }) => void;
}

interface Hand {
  readonly worker: Worker;
  isReady: boolean;
  job: Job | undefined;
  timer: NodeJS.Timeout | undefined;
  /** What the worker threw and did not catch. */
  error: unknown;
}

export function openWorkerThreads<Tasks extends TaskTypes<Tasks>>(options: WorkerThreadsOptions): Compute<Tasks> {
  const pool = new WorkerPool(options);
  return {
    run: async (task, input, runOptions) => (await pool.run(task, input, runOptions)) as Tasks[typeof task]['output'],
    close: async () => await pool.close(),
  };
}

class WorkerPool {
  readonly #options: WorkerThreadsOptions;
  readonly #hands = new Set<Hand>();
  readonly #idle: Hand[] = [];
  readonly #queue = new Set<Job>();
  readonly #ending = new Set<Promise<number>>();
  #lastId = 0;
  #closed = false;

  constructor(options: WorkerThreadsOptions) {
    this.#options = options;
  }

  run(task: string, input: unknown, { signal, transfer = [] }: RunOptions = {}): Promise<unknown> {
    if (this.#closed || signal?.aborted === true) return Promise.reject(cancelledTask(task));
    return new Promise((resolve, reject) => {
      const cancel = (): void => this.#cancel(job);
      this.#lastId += 1;
      const job: Job = {
        id: this.#lastId,
        task,
        input,
        transfer,
        settle: (result) => {
          signal?.removeEventListener('abort', cancel);
          if ('error' in result) reject(result.error);
          else resolve(result.output);
        },
      };
      signal?.addEventListener('abort', cancel);
      this.#queue.add(job);
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const jobs = [...this.#queue, ...[...this.#hands].flatMap(({ job }) => (job === undefined ? [] : [job]))];
    this.#queue.clear();
    for (const hand of this.#hands) this.#end(hand);
    for (const job of jobs) job.settle({ error: cancelledTask(job.task) });
    await Promise.all(this.#ending);
  }

  #dispatch(): void {
    for (const job of this.#queue) {
      const hand = this.#idle.pop() ?? this.#start();
      if (hand === undefined) return;
      this.#queue.delete(job);
      this.#give(hand, job);
    }
  }

  #start(): Hand | undefined {
    const { entry, size, memoryMiB = 512 } = this.#options;
    if (this.#hands.size >= size) return undefined;
    // Tasks are functions of their input: neither the environment nor flags of this process are their business.
    const worker = new Worker(entry, {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
    });
    const hand: Hand = { worker, isReady: false, job: undefined, timer: undefined, error: undefined };
    this.#hands.add(hand);
    worker.on('message', (reply: TaskReply) => this.#finish(hand, reply));
    worker.on('messageerror', (error) => this.#lose(hand, error));
    worker.on('error', (error) => {
      hand.error = error;
    });
    worker.on('exit', () => this.#lose(hand, hand.error));
    return hand;
  }

  #give(hand: Hand, job: Job): void {
    hand.job = job;
    hand.worker.ref();
    this.#limit(hand);
    try {
      hand.worker.postMessage({ id: job.id, task: job.task, input: job.input }, [...job.transfer]);
    } catch (error) {
      this.#release(hand);
      job.settle({ error: fromTaskFailure(toTaskFailure(error, job.task)) });
    }
  }

  /** The time a task has; until its worker is ready, what starting may take at worst. */
  #limit(hand: Hand): void {
    const { timeoutMs = 60_000 } = this.#options;
    const limitMs = hand.isReady ? timeoutMs : Math.max(timeoutMs, startLimitMs);
    clearTimeout(hand.timer);
    hand.timer = setTimeout(() => this.#timeOut(hand, limitMs), limitMs);
  }

  #finish(hand: Hand, reply: TaskReply): void {
    const { job } = hand;
    if (reply.id === null) {
      hand.isReady = true;
      if (job !== undefined) this.#limit(hand);
      return;
    }
    if (job?.id !== reply.id) return;
    this.#release(hand);
    job.settle(reply.ok ? { output: reply.output } : { error: fromTaskFailure(reply.failure) });
    this.#dispatch();
  }

  #release(hand: Hand): void {
    clearTimeout(hand.timer);
    hand.job = undefined;
    hand.worker.unref();
    this.#idle.push(hand);
  }

  #cancel(job: Job): void {
    this.#queue.delete(job);
    for (const hand of this.#hands) if (hand.job === job) this.#end(hand);
    job.settle({ error: cancelledTask(job.task) });
    this.#dispatch();
  }

  #timeOut(hand: Hand, timeoutMs: number): void {
    const { job } = hand;
    this.#end(hand);
    job?.settle({ error: new ThemisError('TIMEOUT', `Task ${job.task} did not end within ${timeoutMs} ms.`) });
    this.#dispatch();
  }

  #lose(hand: Hand, error: unknown): void {
    if (!this.#hands.has(hand)) return;
    const { job } = hand;
    this.#end(hand);
    if (job !== undefined) {
      const why = error instanceof Error ? `: ${error.message}` : '';
      job.settle({
        error: new ThemisError('BUG', `The worker of task ${job.task} died of it${why}.`, { cause: error }),
      });
    }
    this.#dispatch();
  }

  /** Its place is free at once; `close` waits for the thread itself. */
  #end(hand: Hand): void {
    clearTimeout(hand.timer);
    hand.job = undefined;
    this.#hands.delete(hand);
    const index = this.#idle.indexOf(hand);
    if (index !== -1) this.#idle.splice(index, 1);
    const ended = hand.worker.terminate();
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }
}
