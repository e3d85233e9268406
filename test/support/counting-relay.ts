/** Stands before a server on loopback and counts every byte that passes, headers and all, in both directions. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

export interface CountingRelay {
  readonly url: string;
  /** Since it was asked last. */
  take(): number;
  close(): Promise<void>;
}

export async function startRelay(to: string): Promise<CountingRelay> {
  const { hostname, port } = new URL(to);
  let bytes = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, into] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('data', (chunk: Buffer) => (bytes += chunk.length));
      from.on('error', () => into.destroy());
      from.on('close', () => open.delete(from));
      from.pipe(into);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    take: () => {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
