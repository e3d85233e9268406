/**
 * Entry of the writers of a bench, in a process of its own, so that whoever carries out a migration does not hold them
 * up: clients that insert, update and delete one row each, one after the other. Told `begin`, they write and keep how
 * long each statement took; told `report`, they end the one in hand, stop, and say it. Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface Load {
  /** Of all of them together. */
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  /** At most three. */
  readonly failures: readonly string[];
}

const [url = '', rowsText = '', clientsText = ''] = process.argv.slice(2);
const rows = Number(rowsText);
/** Between two statements of one client: a load, and not as much as the server can take. */
const thinkMs = 4;

let tookMs: number[] = [];
let begunMs = 0;
let failures: string[] = [];
let isOn = false;

const clients = await Promise.all(
  Array.from({ length: Number(clientsText) }, async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }),
);
let atWork: Promise<unknown> = Promise.resolve();

process.on('message', (asked) => {
  if (asked === 'begin') {
    [tookMs, failures, isOn, begunMs] = [[], [], true, performance.now()];
    atWork = Promise.all(clients.map(write));
    process.send!('begun');
  } else {
    isOn = false;
    void atWork.then(() => process.send!(load()));
  }
});
process.on('disconnect', () => process.exit());
process.send!('ready');

async function write(client: pg.Client): Promise<void> {
  for (let turn = 0; isOn; turn += 1) {
    const [sql, values] = statement(turn);
    const fromMs = performance.now();
    await client.query(sql, values).catch((error: unknown) => failures.push(`${String(error)} in ${sql}`));
    tookMs.push(performance.now() - fromMs);
    await pause(thinkMs);
  }
}

function statement(turn: number): readonly [sql: string, values: unknown[]] {
  const id = 1 + Math.floor(Math.random() * rows);
  if (turn % 3 === 0) return ['INSERT INTO items (mail, amount) VALUES ($1, $2)', [`new ${id}`, turn]];
  if (turn % 3 === 1) return ['UPDATE items SET amount = $1, mail = $2 WHERE id = $3', [turn, `again ${turn}`, id]];
  return ['DELETE FROM items WHERE id = $1', [id]];
}

function load(): Load {
  const sorted = tookMs.toSorted((a, b) => a - b);
  return {
    perSecond: sorted.length / ((performance.now() - begunMs) / 1000),
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    worstMs: sorted.at(-1) ?? 0,
    failures: failures.slice(0, 3),
  };
}
