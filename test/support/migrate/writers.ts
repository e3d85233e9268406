/** Clients that write all the time, each its own rows, and know what has to be there. */
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';

interface WrittenRow {
  readonly id: string;
  readonly mail: string;
  readonly amount: string | null;
  readonly nick: string | null;
}

export interface Writers {
  /**
   * What the column is called from now on: each name by every other transaction, in turn. None: nobody names it. Waits
   * until everybody who was writing has come back.
   */
  call(...mail: readonly string[]): Promise<void>;
  /** Waits until so many more transactions are done. */
  write(transactions: number): Promise<void>;
  /** Failures. */
  end(): Promise<readonly string[]>;
  /** By id, of those up to 6000. */
  rows(): readonly WrittenRow[];
}

const highest = 6000;

export async function startWriters(url: string, count: number): Promise<Writers> {
  const failures: string[] = [];
  const model = new Map<number, WrittenRow>();
  const state = { mail: ['mail'] as readonly string[], ended: false, done: 0 };
  const turns = Array.from({ length: count }, () => 0);
  const first = new pg.Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } });
  await first.connect();
  const { rows } = await first.query<WrittenRow>('SELECT id, mail, amount, nick FROM accounts');
  for (const row of rows) model.set(Number(row.id), row);
  await first.end();
  const loop = async (writer: number): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (let turn = 0; !state.ended; turn += 1) {
      turns[writer] = turn;
      const changes = transaction(writer, count, turn, state.mail[turn % state.mail.length] ?? null);
      try {
        await client.query('BEGIN');
        for (const { sql } of changes) await client.query(sql);
        await client.query('COMMIT');
        for (const each of changes) each.apply(model);
      } catch (error) {
        failures.push(`${String(error)} in ${changes.map(({ sql }) => sql).join('; ')}`);
        await client.query('ROLLBACK');
      }
      state.done += 1;
    }
    await client.end();
  };
  const loops = Array.from({ length: count }, async (_, writer) => await loop(writer));
  return {
    async call(...mail) {
      state.mail = mail;
      const before = [...turns];
      while (failures.length === 0 && turns.some((turn, writer) => turn === before[writer])) await setImmediate();
    },
    async write(transactions) {
      const until = state.done + transactions;
      while (state.done < until && failures.length === 0) await setImmediate();
    },
    async end() {
      state.ended = true;
      await Promise.all(loops);
      return failures.slice(0, 3);
    },
    rows: () =>
      [...model.values()].filter(({ id }) => Number(id) <= highest).sort((a, b) => Number(a.id) - Number(b.id)),
  };
}

interface Change {
  readonly sql: string;
  readonly apply: (model: Map<number, WrittenRow>) => void;
}

/** Rows in no order, so that one who locks them in theirs may meet it from the other end. */
function transaction(writer: number, count: number, turn: number, mail: string | null): readonly Change[] {
  return Array.from({ length: 3 }, (_, part) => {
    const seed = (writer * 7919 + turn * 104_729 + part * 1_299_709) % 2_147_483_647;
    const id =
      (1 + Math.floor((((seed * 48_271) % 2_147_483_647) / 2_147_483_647) * (highest / count - 2))) * count + writer;
    const value = `w${writer}-${turn}-${part}`;
    return mail === null
      ? unnamed((seed + turn + part) % 2, id, value)
      : change((seed + turn + part) % 5, id, value, mail);
  });
}

/** Kinds that name no mail. */
function unnamed(kind: number, id: number, value: string): Change {
  if (kind === 0) {
    return {
      sql: `DELETE FROM accounts WHERE id = ${id} AND id > 500`,
      apply: (model) => void (id > 500 && model.delete(id)),
    };
  }
  const amount = String(20 + value.length);
  return {
    sql: `UPDATE accounts SET nick = '${value}', amount = ${amount} WHERE id = ${id}`,
    apply: updating(id, { nick: value, amount }),
  };
}

function change(kind: number, id: number, value: string, mail: string): Change {
  if (kind === 0) {
    return { sql: `UPDATE accounts SET ${mail} = '${value}' WHERE id = ${id}`, apply: updating(id, { mail: value }) };
  }
  if (kind < 3) return unnamed(kind - 1, id, value);
  return {
    sql: `INSERT INTO accounts (id, ${mail}, nick) VALUES (${id}, '${value}', NULL) ON CONFLICT (id) DO UPDATE SET ${mail} = EXCLUDED.${mail}, nick = NULL`,
    apply: (model) => void model.set(id, { id: String(id), amount: '7', ...model.get(id), mail: value, nick: null }),
  };
}

function updating(id: number, values: Partial<WrittenRow>): Change['apply'] {
  return (model) => {
    const row = model.get(id);
    if (row !== undefined) model.set(id, { ...row, ...values });
  };
}
