/** What the script makes goes when the migration is undone, with its rights, its owner and its comment. */
import type { SqlNode } from '../../ports/schema/sql-parser.ts';
import type { Undo, World } from './draft.ts';
import { namedIn, objectNames } from './tree.ts';

const kinds: Readonly<Record<string, readonly string[]>> = {
  OBJECT_TABLE: ['view', 'sequence'],
  OBJECT_VIEW: ['view'],
  OBJECT_MATVIEW: ['view'],
  OBJECT_SEQUENCE: ['sequence'],
  OBJECT_TYPE: ['type'],
  OBJECT_DOMAIN: ['type'],
  OBJECT_FUNCTION: ['function'],
  OBJECT_PROCEDURE: ['function'],
  OBJECT_ROUTINE: ['function'],
  OBJECT_SCHEMA: ['schema'],
};

/** `otherwise`: where one of the objects was there before, or may have been. */
export function undoWithObjects(
  objtype: string | undefined,
  objects: readonly SqlNode[],
  otherwise: Undo,
  { known }: World,
): Undo {
  const isOwn = (object: SqlNode): boolean => {
    const name = namedIn(objectNames(object));
    if (objtype === 'OBJECT_TABLE' && known.table(name) !== undefined) return true;
    if (objtype === 'OBJECT_INDEX') return known.index(name) !== undefined;
    return (kinds[objtype ?? ''] ?? []).some((kind) => known.hasObject(kind, name));
  };
  return objects.length > 0 && objects.every(isOwn) ? { down: `SELECT 'dropped with what it is about'` } : otherwise;
}
