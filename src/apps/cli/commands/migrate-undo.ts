/**
 * `themis migrate undo`: takes migrations of one database back, newest first, under the fleet's lock. Everything that is
 * taken back, and what cannot be, is shown before the first effect.
 */
import { supersede } from '../../../fleet/execute/execute.ts';
import { previewUndo, type UndoPart } from '../../../fleet/schema/state/in-force.ts';
import { digestJson } from '../../../kernel/digest.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { createReach } from '../../../plan/schema/release-reach.ts';
import { schemaUndoText, type SchemaUndoView } from '../../../report/schema-undo-text.ts';
import type { Command, Input, Session } from '../command.ts';
import { confirm } from '../confirm.ts';
import { withFleetDatabase } from '../databases/fleet-databases.ts';
import { chosenDatabases } from '../databases/one-database.ts';
import { noteSchemasNow } from '../databases/schema-record.ts';
import { undoSchema } from '../databases/undo-schema.ts';
import { undoTarget, type UndoTarget, type UndoWhat } from '../databases/undo-target.ts';
import type { LockedFleet } from '../fleet/locked-fleet.ts';
import { isStream, runLocked, streamNothingToDo } from '../fleet/run-locked.ts';
import { runOptions } from '../fleet/run-options.ts';
import type { Progress } from '../progress.ts';

export const migrateUndoCommand: Command = {
  name: 'migrate undo',
  group: 'Databases',
  summary: 'take migrations of a database back, newest first',
  arguments: [{ name: 'DIR', summary: 'fleet directory (default: here)' }],
  options: [
    { name: '--database', value: 'NAME', summary: 'in this Database (default: the one that has any)' },
    { name: '--migration', value: 'NAME', summary: 'this Migration and all after it (default: the last)' },
    { name: '--to-version', value: 'N', summary: 'all that came after this schema version; 0: all' },
    ...runOptions,
  ],
  examples: [
    { line: 'themis migrate undo', summary: 'the last migration' },
    { line: 'themis migrate undo --migration add-phone', summary: 'one of them, and what was built on it' },
    { line: 'themis migrate undo --database orders --to-version 4', summary: 'back to an earlier schema version' },
  ],
  async run(session, input) {
    const what = readWhat(input);
    const lock = { purpose: 'themis migrate undo' };
    return await runLocked(session, input, input.argument('DIR') ?? '.', lock, (locked, progress) =>
      undo(session, input, locked, what, progress),
    );
  },
};

function readWhat(input: Input): UndoWhat {
  const [name, version] = [input.text('migration'), input.integer('to-version', 0)];
  if (name !== undefined && version !== undefined) {
    throw new ThemisError('USAGE', 'Give --migration or --to-version, not both.');
  }
  if (name !== undefined) return { kind: 'migration', name };
  return version === undefined ? { kind: 'newest' } : { kind: 'version', version };
}

async function undo(
  session: Session,
  input: Input,
  locked: LockedFleet,
  what: UndoWhat,
  progress: Progress,
): Promise<number> {
  const { desired, directory } = locked.fleet;
  const databases = chosenDatabases(desired, input.text('database'));
  const target = undoTarget(what, databases, locked.observed.databases, desired.migrations);
  if (target === null) {
    if (!isStream(input)) session.out.write('Nothing to take back.\n');
    return streamNothingToDo(input, progress);
  }
  const code = await withFleetDatabase(session, directory, target.database, async (database) => {
    const view = await viewOf(locked, target, await previewUndo(database, target.migration));
    if (!isStream(input)) session.out.write(schemaUndoText(view));
    refuseFinal(view);
    const open = await locked.fleet.store.openExecutionOf();
    if (open !== null) session.err.write(`${open.id} was left open; this takes its place, and it does not go on.\n`);
    const refused = await confirm(session, input.flag('auto-approve'), 'take this back');
    if (refused !== undefined) return refused;
    await closeOpen(session, locked, open?.id, target);
    const digest = digestJson({ database: view.database, parts: view.parts.map(({ migration }) => migration) });
    return await undoSchema(session, locked, { target, database, digest }, progress);
  });
  if (code === exitCode.done) await noteSchemasNow(session, locked);
  return code;
}

async function viewOf(
  { fleet, observed }: LockedFleet,
  { database: { name } }: UndoTarget,
  parts: readonly UndoPart[],
): Promise<SchemaUndoView> {
  const { schemas } = await fleet.store.readRecord();
  const usedBy = (migration: string): readonly string[] => {
    const file = fleet.desired.migrations.find((one) => one.name === migration);
    const release = file?.release ?? (Object.hasOwn(schemas, migration) ? schemas[migration]!.release : null);
    if (release === null) return [];
    const reaches = createReach(release);
    return observed.nodes.flatMap((node) => (node.reachable && reaches(node.packages) ? [node.name] : []));
  };
  return {
    database: name,
    schemaVersion: parts[0]?.schemaVersion ?? 0,
    parts: parts.map((part) => ({ ...part, usedBy: usedBy(part.migration) })),
  };
}

/** As the undo itself would; by then all of them have been shown. */
function refuseFinal({ parts }: SchemaUndoView): void {
  const found = parts.find(({ steps }) => steps.some(({ final }) => final !== null));
  if (found === undefined) return;
  throw new ThemisError('MIGRATION_REFUSED', `Migration ${found.migration} cannot be taken back.`, {
    hint: 'Write a new migration that brings back what is needed.',
  });
}

/** What an apply left open counts on the schema that is taken back here. */
async function closeOpen(
  session: Session,
  { fleet, token }: LockedFleet,
  open: string | undefined,
  target: UndoTarget,
): Promise<void> {
  if (open === undefined) return;
  await supersede(fleet.store, session.clock, open, token, `migration ${target.migration} was taken back`);
}
