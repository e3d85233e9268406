/** Queries at a steady rate to every server of a fleet, as its clients would send them; none waits for another. */
import type { DemoNode } from '../../../src/apps/demo/demo-files.ts';

const patienceMs = 5000;

export class Load {
  /** By node and status; 0: no answer, as while a server restarts. */
  readonly answers = new Map<string, Map<number, number>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #open = new Set<Promise<void>>();

  /** `perSecond`: of each node. */
  constructor(nodes: readonly Pick<DemoNode, 'name' | 'port'>[], perSecond: number, durationMs = 2) {
    for (const [index, node] of nodes.entries()) {
      const send = (): void => {
        const sent = this.#send(node, durationMs);
        this.#open.add(sent);
        void sent.finally(() => this.#open.delete(sent));
      };
      // Not all at the same instant.
      const start = setTimeout(() => this.#timers.push(setInterval(send, 1000 / perSecond)), index * 7);
      this.#timers.push(start);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#open);
  }

  async #send({ name, port }: Pick<DemoNode, 'name' | 'port'>, durationMs: number): Promise<void> {
    let status = 0;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/query?ms=${durationMs}`, {
        signal: AbortSignal.timeout(patienceMs),
      });
      await response.arrayBuffer();
      ({ status } = response);
    } catch {
      // The server is away.
    }
    const ofNode = this.answers.get(name) ?? new Map<number, number>();
    ofNode.set(status, (ofNode.get(status) ?? 0) + 1);
    this.answers.set(name, ofNode);
  }
}
