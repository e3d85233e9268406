/** Migrations that belong to a rollout, in a real fleet with an embedded database: held back, cut off, reverted, contracted. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/adapters/database/index.ts';
import { programFile } from '../../src/apps/package-files.ts';
import { catalogReader } from '../../src/fleet/schema/catalog-reader.ts';
import type { EventBody } from '../../src/model/event.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { DatabaseSession, Row } from '../../src/ports/schema/database.ts';
import { eventually } from '../support/eventually.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';
import type { Ran } from '../support/live/live-process.ts';

const slowMs = 300_000;
/** Enough batches to be interrupted in the middle twice. */
const rows = 200_000;

let fleet: LiveFleet;
/** Of the schema that 1.4.0 works with. */
let first: string;

beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 3 });
  fleet.write(
    'database.yaml',
    `apiVersion: themis.dev/v1
kind: Database
metadata: { name: orders }
spec: { pglite: { directory: ./db } }
`,
  );
  writeMigration('make-users', '', [
    'createTable: { table: users, columns: [{ name: id, type: bigint, nullable: false }, { name: phone, type: text }], primaryKey: [id] }',
  ]);
  fleet.commit('Make users');
  const ran = await fleet.themis('apply', '--auto-approve');
  expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('creates table public.users')]);
  await inDatabase((session) =>
    session.query(`INSERT INTO users SELECT n, 'p' || n FROM generate_series(1, ${rows}) AS n`),
  );
  first = await catalog();
}, slowMs);
afterAll(() => fleet.remove());

/** `release`: of themisdb; empty: it waits for none. */
function writeMigration(name: string, release: string, operations: readonly string[]): void {
  const version = name === 'make-users' ? 1 : 2;
  fleet.write(
    `${name}.yaml`,
    `apiVersion: themis.dev/v1
kind: Migration
metadata: { name: ${name} }
spec:
  database: orders
  schemaVersion: ${version}
${release === '' ? '' : `  release: { themisdb: "${release}" }\n`}  operations:
${operations.map((one) => `    - ${one}\n`).join('')}`,
  );
}

async function inDatabase<Result>(work: (session: DatabaseSession) => Promise<Result>): Promise<Result> {
  const around = {
    fleetDirectory: fleet.directory,
    pgliteEntry: programFile('worker/pglite'),
    secret: () => Promise.reject(new Error('none')),
  };
  const database = await openDatabase({ engine: 'pglite', directory: './db' }, around);
  try {
    return await database.use(work);
  } finally {
    await database.close();
  }
}

async function catalog(): Promise<string> {
  return await inDatabase(async (session) => catalogReader.digest(await catalogReader.read(session)));
}

async function ask(sql: string): Promise<readonly Row[]> {
  return (await inDatabase((session) => session.query(sql))).rows;
}

async function columns(): Promise<readonly (string | null)[]> {
  const found = await ask(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'users' ORDER BY ordinal_position`,
  );
  return found.map(({ name }) => name!);
}

const kindsOf = ({ steps }: Plan): readonly string[] => steps.map(({ kind }) => kind);

/** Until when the contract is deferred, and why. */
function contractOf({ steps, deferred }: Plan): { readonly until: string | null; readonly reason: string } | undefined {
  const contract = steps.find(({ kind }) => kind === 'schema-contract');
  return deferred.find(({ step }) => step === contract?.id);
}

/** Rows that an apply told of, as it went on. */
function rowsTold({ out }: Pick<Ran, 'out'>): readonly number[] {
  const lines = out.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.flatMap((line) => {
    const event = JSON.parse(line) as EventBody;
    return event.type === 'schema' && event.event.type === 'step-progress' ? [event.event.rows] : [];
  });
}

const toldOfRows = /"event":\{"type":"step-progress"/u;

test(
  'a migration that fails takes itself back, and no node is touched',
  async () => {
    writeMigration('once', '>=1.5.0', [
      'addColumn: { table: users, column: { name: mail, type: text, default: none } }',
      'addConstraint: { table: users, unique: [mail], name: mail_once }',
    ]);
    await fleet.askFor('1.5.0');
    const starts = fleet.startCounts();
    const { code, err } = await fleet.themis('apply', '--auto-approve');
    expect([code, err]).toEqual([1, expect.stringMatching(/^paused: orders\/expand\/\S+ failed: .*duplicated/mu)]);
    expect(err).toContain('database/orders: takes back: adds column mail');
    expect([await catalog(), fleet.startCounts(), await fleet.serving()]).toEqual([first, starts, fleet.all('1.4.0')]);
    fleet.git('revert', '--no-edit', 'HEAD');
    expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  },
  slowMs,
);

test(
  'the plan: expand, stages, data, contract, with times in this order; a node that is left out keeps data and contract closed',
  async () => {
    writeMigration('number', '>=1.5.0', [
      'addColumn: { table: users, column: { name: number, type: text } }',
      'backfill: { table: users, set: { number: "phone || id" }, where: number IS NULL, batchSize: 1000, undo: { number: "NULL" } }',
      'dropColumn: { table: users, column: phone, gracePeriod: 1h }',
    ]);
    await fleet.askFor('1.5.0');
    const plan = await fleet.plan();
    expect(kindsOf(plan)).toEqual([
      'schema-expand',
      'node-update',
      'node-update',
      'node-update',
      'schema-migrate',
      'schema-contract',
    ]);
    const times = new Map(plan.schedule.map((entry) => [entry.step, entry]));
    const scheduled = plan.steps.flatMap(({ id }) => times.get(id) ?? []);
    expect(scheduled).toHaveLength(5);
    for (const [index, entry] of scheduled.entries()) {
      expect(entry.startsAfterMs).toBeGreaterThanOrEqual(scheduled[index - 1]?.endsAfterMs ?? 0);
    }
    expect(contractOf(plan)).toMatchObject({ reason: expect.stringContaining('1h of grace') as string });

    // Whoever leads goes last: without another one it would stay behind as well.
    const name = await fleet.leader();
    const made = await fleet.themis('plan', '--exclude', `node/${name}`, '--out', 'part.themisplan');
    expect(made.out).toContain(`waits for ${name}, which is not part of this plan`);
    expect((await fleet.themis('apply', 'part.themisplan')).code).toBe(9);
    expect(await fleet.serving()).toEqual({ ...fleet.all('1.5.0'), [name]: '1.4.0' });
    expect(await columns()).toEqual(['id', 'phone', 'number']);
    expect(await ask('SELECT FROM users WHERE number IS NOT NULL LIMIT 1')).toEqual([]);
    rmSync(fleet.file('part.themisplan'));
  },
  slowMs,
);

test(
  'a backfill that is interrupted stops at a batch and says how to go on; killed, it goes on from there as well',
  async () => {
    const interrupted = fleet.start('apply', '--auto-approve', '-o', 'jsonl');
    await interrupted.printed(toldOfRows);
    interrupted.child.kill('SIGINT');
    const { code, err } = await interrupted.ended;
    expect([code, err]).toEqual([
      130,
      'interrupted: work was stopped and goes on from there next time: database/orders\nGo on with: themis apply\n',
    ]);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));

    const killed = fleet.start('apply', '--auto-approve', '-o', 'jsonl');
    await killed.printed(toldOfRows);
    killed.child.kill('SIGKILL');
    const told = rowsTold(await killed.ended);
    const again = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
    expect([again.code, again.err]).toEqual([9, expect.stringContaining('grace')]);
    expect(rowsTold(again)[0]).toBeGreaterThan(told.at(-1)!);
    expect(await ask(`SELECT count(*) AS n FROM users WHERE number = phone || id`)).toEqual([{ n: String(rows) }]);
  },
  slowMs,
);

test(
  'a node that goes back to the old version closes the contract again; once it is back its rows are filled and grace starts anew',
  async () => {
    const before = contractOf(await fleet.plan())!;
    expect(before.until).not.toBeNull();
    const { name } = fleet.nodes[2]!;
    expect(await fleet.themis('rollback', `node/${name}`, '--auto-approve')).toMatchObject({ code: 0 });
    const kept = await fleet.plan('--exclude', `node/${name}`);
    expect(contractOf(kept)).toMatchObject({ reason: expect.stringContaining('orders (migrate of number)') as string });
    expect(kept.deferred).toContainEqual(expect.objectContaining({ reason: expect.stringContaining(name) as string }));
    await ask(`INSERT INTO users VALUES (${rows + 1}, 'late')`);
    expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(9);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    const after = contractOf(await fleet.plan())!;
    expect(Date.parse(after.until!)).toBeGreaterThan(Date.parse(before.until!));
    expect(await ask(`SELECT number FROM users WHERE id = ${rows + 1}`)).toEqual([{ number: `late${rows + 1}` }]);
    await ask(`DELETE FROM users WHERE id = ${rows + 1}`);
    expect(await columns()).toEqual(['id', 'phone', 'number']);
  },
  slowMs,
);

test(
  'a revert in Git brings the nodes back, then the schema',
  async () => {
    fleet.git('revert', '--no-edit', 'HEAD');
    const plan = await fleet.plan();
    expect(kindsOf(plan)).toEqual(['node-rollback', 'node-rollback', 'node-rollback', 'schema-undo']);
    const { code, err } = await fleet.themis('apply', '--auto-approve');
    expect([code, err]).toEqual([0, expect.stringContaining('takes back: adds column number')]);
    expect([await fleet.serving(), await catalog()]).toEqual([fleet.all('1.4.0'), first]);
    expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  },
  slowMs,
);

test(
  'once grace has passed the next apply contracts',
  async () => {
    await ask('DELETE FROM users WHERE id > 100');
    writeMigration('rename', '>=1.5.0', [
      'renameColumn: { table: users, from: phone, to: telephone, gracePeriod: 3s }',
    ]);
    await fleet.askFor('1.5.0');
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(9);
    expect(await columns()).toEqual(['id', 'phone', 'telephone']);
    const plan = await eventually(
      () => fleet.plan(),
      (one) => one.deferred.length === 0,
      60_000,
    );
    expect(kindsOf(plan)).toEqual(['schema-contract']);
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(0);
    expect(await columns()).toEqual(['id', 'telephone']);
    const back = await fleet.themis('rollback', '--all', '--auto-approve');
    expect([back.code, back.out]).toEqual([4, expect.stringContaining('THM7413')]);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  },
  slowMs,
);
