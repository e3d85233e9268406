import { existsSync } from 'node:fs';
import { openManifestStore } from '../../adapters/manifest-store/index.ts';
import type { SignatureCache } from '../../ports/manifest-store.ts';

/** A node's memory of signatures, opened for each look. The file is made with the first verdict, never by a look. */
export function nodeSignatures(file: string): SignatureCache {
  const within = async <T>(work: (signatures: SignatureCache) => Promise<T>): Promise<T> => {
    const store = await openManifestStore({ kind: 'sqlite', file, isPrivate: true });
    try {
      return await work(store.signatures);
    } finally {
      await store.close();
    }
  };
  return {
    get: async (key, nowMs) => (existsSync(file) ? within((signatures) => signatures.get(key, nowMs)) : null),
    put: async (entry) => within((signatures) => signatures.put(entry)),
    prune: async (nowMs) => (existsSync(file) ? within((signatures) => signatures.prune(nowMs)) : 0),
  };
}
