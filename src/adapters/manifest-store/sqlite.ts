/**
 * The manifest store in one SQLite file, one table per family. A manifest is kept without its files, which stand in the
 * registry and nowhere else: a reader that found one without all the others would see it at the manifest's hash.
 * Most of it is made from files that lie elsewhere, so another schema version is no migration: those tables are made
 * anew and filled again. What stands nowhere else stays: deletions and an index that were begun, and the last counters;
 * its form only grows.
 */
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import type {
  Grave,
  IndexMark,
  ManifestStore,
  Publication,
  RegisteredFile,
  ReleaseIdentity,
  ReleaseMachine,
  StoredRelease,
  StoreStatistics,
  Tombstone,
} from '../../ports/manifest-store.ts';
import { Connection } from './connection.ts';
import { compareReleases, latestOf, placesOf, type PlacedIdentity, sortedVersions } from './rules.ts';
import { cacheSchema, createSqliteDownloads, createSqliteSignatures } from './sqlite-caches.ts';

const schemaVersion = 1;
/** Made whenever it is missing, whatever the version says. */
const keptSchema = `
  CREATE TABLE IF NOT EXISTS tombstone (id INTEGER PRIMARY KEY AUTOINCREMENT, grave TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS publication (id INTEGER PRIMARY KEY CHECK (id = 1), content BLOB, signature BLOB);
  CREATE TABLE IF NOT EXISTS last_counter (package TEXT PRIMARY KEY, counter INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS last_index (id INTEGER PRIMARY KEY CHECK (id = 1), mark TEXT NOT NULL);
`;
const schema = `
  DROP TABLE IF EXISTS file_registry;
  DROP TABLE IF EXISTS release_manifests;
  CREATE TABLE release_manifests (
    directory TEXT PRIMARY KEY,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    platform TEXT NOT NULL,
    architecture TEXT NOT NULL,
    manifest TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX release_of ON release_manifests (package, version);
  CREATE TABLE file_registry (
    directory TEXT NOT NULL REFERENCES release_manifests (directory) ON DELETE CASCADE,
    path TEXT NOT NULL,
    own_place TEXT NOT NULL,
    other_place TEXT,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (directory, path)
  ) WITHOUT ROWID;
  CREATE INDEX file_at ON file_registry (path);
  CREATE INDEX file_in_place ON file_registry (own_place);
  CREATE INDEX file_in_other_place ON file_registry (other_place) WHERE other_place IS NOT NULL;
`;

/** `isPrivate`: for what a node believes; the file is its owner's alone. */
export async function openSqliteManifestStore(file: string, isPrivate = false): Promise<ManifestStore> {
  return new SqliteManifestStore(await Connection.open(file, isPrivate, (connection) => prepare(connection, file)));
}

class SqliteManifestStore implements ManifestStore {
  readonly signatures: ManifestStore['signatures'];
  readonly downloads: ManifestStore['downloads'];
  readonly #db: Connection;

  constructor(connection: Connection) {
    this.#db = connection;
    this.signatures = createSqliteSignatures(connection);
    this.downloads = createSqliteDownloads(connection);
  }

  async put({ directory, manifest }: StoredRelease): Promise<void> {
    const { files, ...rest } = manifest;
    const db = this.#db;
    await db.write(() => {
      this.#remove([directory]);
      db.sql('INSERT INTO release_manifests VALUES (?, ?, ?, ?, ?, ?)').run(
        directory,
        manifest.package,
        manifest.version,
        manifest.platform,
        manifest.architecture,
        JSON.stringify(rest),
      );
      db.sql(
        'INSERT INTO last_counter VALUES (?, ?) ON CONFLICT DO UPDATE SET counter = max(counter, excluded.counter)',
      ).run(manifest.package, manifest.counter);
      const insert = db.sql('INSERT INTO file_registry VALUES (?, ?, ?, ?, ?, ?, ?)');
      for (const file of files) {
        const { own, other } = placesOf(directory, file);
        insert.run(directory, file.path, own, other, file.sha256, file.sizeBytes, JSON.stringify(file));
      }
    });
  }

  async find(wanted: Partial<ReleaseIdentity>): Promise<readonly StoredRelease[]> {
    return this.#db.read(() => {
      const names = (['package', 'version', 'platform', 'architecture'] as const).filter(
        (name) => wanted[name] !== undefined,
      );
      return this.#identities(names.map((name) => [name, wanted[name]!]))
        .sort(compareReleases)
        .map(({ directory }) => this.#release(directory));
    });
  }

  async versions(packageName: string): Promise<readonly string[]> {
    const rows = await this.#db.read(() => this.#identities([['package', packageName]]));
    return sortedVersions(rows.map(({ version }) => version));
  }

  async latest(packageName: string, machine?: ReleaseMachine): Promise<StoredRelease | null> {
    return this.#db.read(() => {
      const found = latestOf(this.#identities([['package', packageName]]), machine);
      return found === undefined ? null : this.#release(found.directory);
    });
  }

  async holding(path: string): Promise<readonly RegisteredFile[]> {
    const rows = await this.#db.read(() =>
      this.#db
        .sql(
          `SELECT ${identityColumns}, file FROM file_registry JOIN release_manifests USING (directory) WHERE path = ?`,
        )
        .all(path),
    );
    return rows
      .map((row) => ({ ...identityOf(row), file: JSON.parse(row['file'] as string) as ReleaseFile }))
      .sort(compareReleases);
  }

  async registered(places: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#db.read(() => {
      const select = this.#db.sql('SELECT 1 FROM file_registry WHERE own_place = ?1 OR other_place = ?1 LIMIT 1');
      return new Set(places.filter((place) => select.get(place) !== undefined));
    });
  }

  async forget(directories: readonly string[]): Promise<void> {
    await this.#db.write(() => this.#remove(directories));
  }

  async bury(directories: readonly string[], grave: Grave, publication?: Publication): Promise<Tombstone> {
    const id = await this.#db.write(() => {
      this.#remove(directories);
      if (publication !== undefined) this.#announce(publication);
      return Number(
        this.#db.sql('INSERT INTO tombstone (grave) VALUES (?)').run(JSON.stringify(grave)).lastInsertRowid,
      );
    });
    return { ...grave, id };
  }

  async tombstones(): Promise<readonly Tombstone[]> {
    const rows = await this.#db.read(() => this.#db.sql('SELECT id, grave FROM tombstone ORDER BY id').all());
    return rows.map((row) => ({ ...(JSON.parse(row['grave'] as string) as Grave), id: row['id'] as number }));
  }

  async clearTombstone(id: number): Promise<void> {
    await this.#db.write(() => this.#db.sql('DELETE FROM tombstone WHERE id = ?').run(id));
  }

  async announce(publication: Publication): Promise<void> {
    await this.#db.write(() => this.#announce(publication));
  }

  async publication(): Promise<Publication | null> {
    const row = await this.#db.read(() => this.#db.sql('SELECT content, signature FROM publication').get());
    if (row === undefined) return null;
    const { content, signature } = row as Record<'content' | 'signature', Uint8Array | null>;
    return { index: content, signature, mark: content === null ? null : await this.lastIndex() };
  }

  async clearPublication(): Promise<void> {
    await this.#db.write(() => this.#db.sql('DELETE FROM publication').run());
  }

  async lastCounter(packageName: string): Promise<number> {
    const row = await this.#db.read(() =>
      this.#db.sql('SELECT counter FROM last_counter WHERE package = ?').get(packageName),
    );
    return row === undefined ? 0 : (row['counter'] as number);
  }

  async lastIndex(): Promise<IndexMark | null> {
    const row = await this.#db.read(() => this.#db.sql('SELECT mark FROM last_index').get());
    return row === undefined ? null : (JSON.parse(row['mark'] as string) as IndexMark);
  }

  async statistics(): Promise<StoreStatistics> {
    return this.#db.read(() => {
      const numbers = this.#db
        .sql(
          `SELECT
            (SELECT count(*) FROM release_manifests) AS releases,
            (SELECT count(DISTINCT package) FROM release_manifests) AS packages,
            (SELECT count(*) FROM file_registry) AS files,
            (SELECT coalesce(sum(size_bytes), 0) FROM file_registry) AS sizeBytes,
            (SELECT count(DISTINCT sha256) FROM file_registry) AS distinctFiles,
            (SELECT coalesce(sum(size_bytes), 0) FROM (SELECT DISTINCT sha256, size_bytes FROM file_registry)) AS distinctBytes,
            (SELECT count(*) FROM signature_cache) AS signatures,
            (SELECT count(*) FROM download_cache) AS downloads,
            (SELECT count(*) FROM tombstone) AS tombstones`,
        )
        .get();
      return { ...numbers } as unknown as StoreStatistics;
    });
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #announce({ index, signature, mark }: Publication): void {
    this.#db.sql('INSERT OR REPLACE INTO publication VALUES (1, ?, ?)').run(index, signature);
    if (mark !== null) this.#db.sql('INSERT OR REPLACE INTO last_index VALUES (1, ?)').run(JSON.stringify(mark));
  }

  /** The rows of the registry go with the release they belong to. */
  #remove(directories: readonly string[]): void {
    const remove = this.#db.sql('DELETE FROM release_manifests WHERE directory = ?');
    for (const directory of directories) remove.run(directory);
  }

  #identities(wanted: readonly (readonly [keyof ReleaseIdentity, string])[]): PlacedIdentity[] {
    const where = wanted.map(([name]) => `${name} = ?`).join(' AND ') || 'true';
    return this.#db
      .sql(`SELECT ${identityColumns} FROM release_manifests WHERE ${where}`)
      .all(...wanted.map(([, value]) => value))
      .map(identityOf);
  }

  #release(directory: string): StoredRelease {
    const row = this.#db.sql('SELECT manifest FROM release_manifests WHERE directory = ?').get(directory)!;
    const files = this.#db
      .sql('SELECT file FROM file_registry WHERE directory = ?')
      .all(directory)
      .map((each) => JSON.parse(each['file'] as string) as ReleaseFile)
      .sort((a, b) => compareText(a.path, b.path));
    const rest = JSON.parse(row['manifest'] as string) as Omit<ReleaseManifest, 'files'>;
    return { directory, manifest: { ...rest, files } };
  }
}

const identityColumns = 'directory, package, version, platform, architecture';

function identityOf(row: Record<string, unknown>): PlacedIdentity {
  const { directory, package: name, version, platform, architecture } = row;
  return { directory, package: name, version, platform, architecture } as PlacedIdentity;
}

function prepare(connection: Connection, file: string): void {
  const found = connection.sql('PRAGMA user_version').get()!['user_version'] as number;
  if (found > schemaVersion) {
    throw new ThemisError(
      'UNSUPPORTED_FORMAT',
      `${file} has schema version ${found}, this Themis knows ${schemaVersion}.`,
      { hint: 'Use the newer version of Themis that wrote it.' },
    );
  }
  connection.script(keptSchema);
  if (found === schemaVersion) return;
  connection.script(`${schema}${cacheSchema}PRAGMA user_version = ${schemaVersion};`);
}
