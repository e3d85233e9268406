/**
 * A rule: one thing that schemas cannot say. Rules read documents that may be wrong in other ways, so they go by
 * what is there and stay silent about what is missing; every rule sees every document.
 */
import type { Path, Place, Problem } from '../problem.ts';
import type { Kind } from '../schema/schemas.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';

export interface Rule {
  readonly name: string;
  check(world: World): Iterable<Problem>;
}

export interface World {
  /** In the order of files and documents. */
  documents(kind: Kind): readonly YamlDocument[];
  /** False when some document could not be read: then nobody knows what is missing. */
  readonly complete: boolean;
  /** Documents whose kind is not known: what they name may be what something else refers to. */
  readonly unclear: readonly YamlDocument[];
}

export function valueAt(value: unknown, ...path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

export function textAt(value: unknown, ...path: Path): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: Path): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** Items of a list; empty when no list stands there. */
export function itemsAt(value: unknown, ...path: Path): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Fields of a map; empty when no map stands there. */
export function fieldsAt(value: unknown, ...path: Path): readonly (readonly [string, unknown])[] {
  const found = valueAt(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
}

export function nameOf(document: YamlDocument): string | undefined {
  return textAt(document.value, 'metadata', 'name');
}

export function namesOf(world: World, kind: Kind): ReadonlySet<string> {
  return new Set(world.documents(kind).flatMap((document) => nameOf(document) ?? []));
}

export function valuePlace(document: YamlDocument, ...path: Path): Place {
  return { document, path, part: 'value' };
}

export function keyPlace(document: YamlDocument, ...path: Path): Place {
  return { document, path, part: 'key' };
}
