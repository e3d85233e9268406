import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseDesired } from '../../src/desired/parse.ts';
import { kinds, resolveSchema, schemaOf, type Kind, type Schema } from '../../src/desired/schema/schemas.ts';

const root = fileURLToPath(new URL('../../examples', import.meta.url));
const names = readdirSync(root).sort();

function filesOf(name: string): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, name, path), 'utf8') }));
}

describe.each(names)('examples/%s', (name) => {
  test('is valid, without a warning', () => {
    expect(parseDesired(filesOf(name)).findings).toEqual([]);
  });

  test('points editors to schemas that exist', () => {
    const schemas = readdirSync(fileURLToPath(new URL('../../schemas', import.meta.url)));
    for (const { path, text } of filesOf(name)) {
      const link = /^# yaml-language-server: \$schema=(\S+)$/mu.exec(text)?.[1];
      if (link === undefined) continue;
      const depth = path.split('/').length + 1;
      expect([path, link]).toEqual([path, `${'../'.repeat(depth)}schemas/${link.split('/').at(-1)!}`]);
      expect(schemas).toContain(link.split('/').at(-1));
    }
  });
});

test('together the examples use every kind and every field', () => {
  const used = new Set<string>();
  for (const name of names) {
    for (const { text } of filesOf(name)) {
      for (const document of parseAllDocuments(text)) {
        const value = document.toJS() as { kind: Kind };
        markUsed(schemaOf(value.kind), schemaOf(value.kind), value, value.kind, used);
      }
    }
  }
  const all = kinds.flatMap((kind) => fieldsOf(schemaOf(kind), schemaOf(kind), kind));
  expect(all.filter((path) => !used.has(path))).toEqual([]);
});

/** A definition that several fields share is used once it is used by one of them. */
function placeOf(unresolved: Schema, path: string): string {
  return unresolved.$ref ?? path;
}

function markUsed(root: Schema, unresolved: Schema, value: unknown, way: string, used: Set<string>): void {
  used.add(way);
  const path = placeOf(unresolved, way);
  const schema = resolveSchema(root, unresolved);
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items !== undefined) markUsed(root, schema.items, item, path, used);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const child = schema.properties?.[key];
    if (child !== undefined) markUsed(root, child, member, `${path}.${key}`, used);
  }
}

function fieldsOf(root: Schema, unresolved: Schema, way: string): readonly string[] {
  const path = placeOf(unresolved, way);
  const schema = resolveSchema(root, unresolved);
  const inner = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    fieldsOf(root, child, `${path}.${key}`),
  );
  return [way, ...inner, ...(schema.items === undefined ? [] : fieldsOf(root, schema.items, path))];
}
