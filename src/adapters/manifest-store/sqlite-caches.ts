import type { Digest } from '../../kernel/digest.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { DownloadCache, SignatureCache } from '../../ports/manifest-store.ts';
import type { Connection } from './connection.ts';
import { keptSignatures } from './rules.ts';

/** Both are caches: whoever changes their form drops them. */
export const cacheSchema = `
  DROP TABLE IF EXISTS signature_cache;
  CREATE TABLE signature_cache (
    ord INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    verdict TEXT NOT NULL,
    valid_from_ms INTEGER NOT NULL,
    valid_until_ms INTEGER NOT NULL
  );
  DROP TABLE IF EXISTS download_cache;
  CREATE TABLE download_cache (
    digest TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    verified_at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

export function createSqliteSignatures(connection: Connection): SignatureCache {
  return {
    async get(key, nowMs) {
      return connection.read(() => {
        const row = connection
          .sql('SELECT * FROM signature_cache WHERE key = ? AND valid_from_ms <= ? AND valid_until_ms >= ?')
          .get(key, nowMs, nowMs);
        if (row === undefined) return null;
        return {
          key,
          verdict: JSON.parse(row['verdict'] as string) as JsonObject,
          validFromMs: row['valid_from_ms'] as number,
          validUntilMs: row['valid_until_ms'] as number,
        };
      });
    },
    async put({ key, verdict, validFromMs, validUntilMs }) {
      const json = JSON.stringify(verdict);
      await connection.write(() => {
        connection.sql('DELETE FROM signature_cache WHERE key = ?').run(key);
        connection
          .sql('INSERT INTO signature_cache (key, verdict, valid_from_ms, valid_until_ms) VALUES (?, ?, ?, ?)')
          .run(key, json, validFromMs, validUntilMs);
        connection
          .sql('DELETE FROM signature_cache WHERE ord <= (SELECT max(ord) FROM signature_cache) - ?')
          .run(keptSignatures);
      });
    },
    async prune(nowMs) {
      return connection.write(() =>
        Number(connection.sql('DELETE FROM signature_cache WHERE valid_until_ms < ?').run(nowMs).changes),
      );
    },
  };
}

export function createSqliteDownloads(connection: Connection): DownloadCache {
  return {
    async get(digest) {
      const row = await connection.read(() =>
        connection.sql('SELECT * FROM download_cache WHERE digest = ?').get(digest),
      );
      if (row === undefined) return null;
      return {
        digest: row['digest'] as Digest,
        path: row['path'] as string,
        sizeBytes: row['size_bytes'] as number,
        stamp: row['stamp'] as string,
        verifiedAtMs: row['verified_at_ms'] as number,
      };
    },
    async put(...downloads) {
      await connection.write(() => {
        for (const { digest, path, sizeBytes, stamp, verifiedAtMs } of downloads) {
          connection
            .sql('INSERT OR REPLACE INTO download_cache VALUES (?, ?, ?, ?, ?)')
            .run(digest, path, sizeBytes, stamp, verifiedAtMs);
        }
      });
    },
    async forget({ digest, path, stamp }) {
      await connection.write(() =>
        connection
          .sql('DELETE FROM download_cache WHERE digest = ? AND path = ? AND stamp = ?')
          .run(digest, path, stamp),
      );
    },
  };
}
