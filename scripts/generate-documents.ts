/**
 * Writes `src/model/documents.ts`: the TypeScript types of every kind of a fleet directory, made from `schemas/`. With `--check` it
 * writes nothing and fails when the file is not what the schemas say; a path names another file. Same schemas, same bytes.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

type Schema = { [key: string]: unknown };

const schemaDirectory = new URL('../schemas/', import.meta.url);
const file = process.argv.slice(2).find((word) => word !== '--check');
const target = file ?? fileURLToPath(new URL('../src/model/documents.ts', import.meta.url));

const banner = `/**
 * Documents as they are written in YAML, one type for each kind. Made from \`schemas/\` by
 * \`npm run generate\`; edit the schema, not this file.
 */`;

/** Never read from Git: the node room has its own reader and its own types for it. */
const nodeLocal = 'node.schema.json';

async function readSchemas(): Promise<Schema[]> {
  const names = (await readdir(schemaDirectory))
    .filter((name) => name.endsWith('.schema.json') && name !== nodeLocal)
    .sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(new URL(name, schemaDirectory), 'utf8')) as Schema),
  );
}

/** One schema that holds every kind; definitions of the same name must be the same thing in every file. */
function merge(schemas: readonly Schema[]): JSONSchema {
  const definitions: Schema = {};
  for (const schema of schemas) {
    const { $schema: _dialect, $id: _id, $defs, title, ...kind } = schema;
    const shared = Object.entries(($defs ?? {}) as Schema);
    for (const [name, definition] of [...shared, [title as string, kind] as const]) {
      if (name in definitions && !isDeepStrictEqual(definitions[name], definition)) {
        throw new Error(`schemas/: $defs.${name} differs between two files.`);
      }
      definitions[name] = definition;
    }
  }
  const kinds = schemas.map((schema) => ({ $ref: `#/$defs/${schema['title'] as string}` }));
  return typeOnly({ $defs: definitions, title: 'Document', oneOf: kinds }, false) as JSONSchema;
}

/** Drops what constrains values but not types: "exactly one of" over required names, and limits that would become tuples. */
function typeOnly(value: unknown, inProperties: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => typeOnly(item, false));
  if (typeof value !== 'object' || value === null) return value;
  // Words beside a reference would make a second type of the same meaning.
  if (!inProperties && '$ref' in value) return { $ref: value.$ref };
  const kept: Schema = {};
  for (const [key, member] of Object.entries(value)) {
    if (!inProperties && (key === 'examples' || key.startsWith('x-') || key === 'propertyNames')) continue;
    if (!inProperties && key === 'oneOf' && (member as Schema[]).every((choice) => 'required' in choice)) continue;
    kept[key] = typeOnly(member, key === 'properties' || key === '$defs');
  }
  return kept;
}

async function generate(): Promise<string> {
  const text = await compile(merge(await readSchemas()), 'Document', {
    bannerComment: banner,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: false,
    style: { singleQuote: true, printWidth: 120 },
  });
  return text.replaceAll(/\n{3,}/gu, '\n\n');
}

const text = await generate();
if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== text) {
    process.stderr.write('src/model/documents.ts is not what schemas/ say. Run `npm run generate`.\n');
    process.exitCode = 1;
  }
} else {
  await writeFile(target, text);
}
