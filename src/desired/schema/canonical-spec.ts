/**
 * One spelling for equal meaning, led by the schema: durations `3600000ms`, sizes `1048576B`, instants in UTC,
 * lists that carry no order sorted. Types stay what they were, so a reader of a spec needs no second grammar.
 */
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { parseDuration } from '../../kernel/units/duration.ts';
import { compareText } from '../../kernel/finding.ts';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { parseSize } from '../../kernel/units/size.ts';
import { resolveSchema, schemaOf, type Kind, type Schema } from './schemas.ts';

/** `path` leads from the top of the document to what `value` is: `spec`, or `spec`, `gates`. */
export function canonicalSpec(kind: Kind, path: readonly string[], value: unknown): Json {
  const root = schemaOf(kind);
  let schema = root;
  for (const part of path) schema = resolveSchema(root, schema.properties![part]!);
  return canonical(root, schema, value);
}

function canonical(root: Schema, unresolved: Schema, value: unknown): Json {
  const schema = resolveSchema(root, unresolved);
  if (typeof value === 'string') return canonicalText(schema['x-themis-type'], value);
  if (Array.isArray(value)) {
    const items = value.map((item) =>
      schema.items === undefined ? (item as Json) : canonical(root, schema.items, item),
    );
    if (schema['x-themis-set'] === undefined) return items;
    const keyed = items.map((item) => [canonicalJson(item), item] as const);
    return keyed.sort(([a], [b]) => compareText(a, b)).map(([, item]) => item);
  }
  if (typeof value !== 'object' || value === null) return value as Json;
  const object: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value)) {
    const extra = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key);
    const inner = known ? schema.properties![key] : extra;
    const made = inner === undefined ? (member as Json) : canonical(root, inner, member);
    Object.defineProperty(object, key, { value: made, enumerable: true, writable: true, configurable: true });
  }
  return object satisfies JsonObject;
}

function canonicalText(type: string | undefined, text: string): string {
  switch (type) {
    case 'duration':
      return `${parseDuration(text)!}ms`;
    case 'limit': {
      const durationMs = parseDuration(text);
      return durationMs === undefined ? `${parseSize(text)!}B` : `${durationMs}ms`;
    }
    case 'instant':
      return instantText(text);
    case 'date':
      return text.includes('T') ? instantText(text) : text;
    default:
      return text;
  }
}

/** Any RFC 3339 instant in UTC, without needless zeros. */
export function instantText(text: string): string {
  return Temporal.Instant.from(text).toString();
}
