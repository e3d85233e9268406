import { listOf, objectOf, type Shape, wholeNumber } from '../../kernel/document/shape.ts';
import type { DeltaKey, Edits, EntryKey, IndexDelta, IndexHead } from './index-delta.ts';
import { releaseLimits } from './layout.ts';
import { indexedDelta, indexEntry, indexHead } from './parse-index.ts';
import { readDocument } from './read-document.ts';
import { shapes } from './shapes.ts';

const entryKey = objectOf<EntryKey>(
  {
    package: shapes.package,
    version: shapes.version,
    platform: shapes.platform,
    architecture: shapes.architecture,
  },
  'drop',
);

const deltaKey = objectOf<DeltaKey>(
  {
    package: shapes.package,
    platform: shapes.platform,
    architecture: shapes.architecture,
    from: shapes.digest,
    to: shapes.digest,
  },
  'drop',
);

const indexDelta = objectOf<IndexDelta>(
  {
    formatVersion: shapes.formatVersion,
    from: shapes.digest,
    to: shapes.digest,
    fromCounter: wholeNumber,
    head: objectOf<IndexHead>({ ...indexHead.drop, counter: wholeNumber }, 'drop'),
    entries: editsOf(indexEntry.drop, entryKey),
    deltas: editsOf(indexedDelta.drop, deltaKey),
  },
  'drop',
);

function editsOf<Item, Key>(item: Shape<Item>, key: Shape<Key>): Shape<Edits<Item, Key>> {
  const most = releaseLimits.indexEntries;
  return objectOf<Edits<Item, Key>>(
    { added: listOf(item, most), changed: listOf(item, most), removed: listOf(key, most) },
    'drop',
  );
}

/**
 * Form only; whether it fits what it is merged into shows when it is. So does whether what this Themis left out was
 * needed: then what is merged is not the bytes that were signed, and the whole index is read. Throws UNSUPPORTED_FORMAT or
 * INDEX_INVALID.
 */
export function parseIndexDelta(bytes: Uint8Array): IndexDelta {
  const { indexBytes: limitBytes } = releaseLimits;
  return readDocument(bytes, indexDelta, { name: 'The changes to the index', limitBytes, code: 'INDEX_INVALID' });
}
