/** Looks at every server over and over while something runs, so that a test can say what was never so. */
import type { DemoNode } from '../../../src/apps/demo/demo-files.ts';

export interface Look {
  /** Names of the servers that served; the rest were down, draining or broken. */
  readonly serving: readonly string[];
  readonly leaders: readonly string[];
}

export interface Answer {
  readonly code: number;
  readonly role: 'leader' | 'follower';
  readonly version: string;
  readonly leader: string | null;
}

export async function healthOf({ port }: Pick<DemoNode, 'port'>): Promise<Answer | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) });
    return { ...((await response.json()) as Omit<Answer, 'code'>), code: response.status };
  } catch {
    return undefined;
  }
}

export class HealthWatch {
  readonly looks: Look[] = [];
  readonly #nodes: readonly DemoNode[];
  readonly #watching: Promise<void>;
  #stopped = false;

  constructor(nodes: readonly DemoNode[]) {
    this.#nodes = nodes;
    this.#watching = this.#watch();
  }

  async stop(): Promise<readonly Look[]> {
    this.#stopped = true;
    await this.#watching;
    return this.looks;
  }

  /** Each answer counts for itself: the servers are asked at once, but do not answer at one instant. */
  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const answers = await Promise.all(
        this.#nodes.map(async (node) => ({ name: node.name, answer: await healthOf(node) })),
      );
      this.looks.push({
        serving: answers.filter(({ answer }) => answer?.code === 200).map(({ name }) => name),
        leaders: answers.filter(({ answer }) => answer?.role === 'leader').map(({ name }) => name),
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
