/**
 * Reads every import of a source tree and holds it against the table of rooms. A violation is a line of text
 * naming file and line, so that the test's failure is the finding.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

const everythingPure = [
  'wire',
  'trust',
  'observe',
  'resolve',
  'windows',
  'judge',
  'saga',
  'patch',
  'migrate',
  'actions',
  'plan',
  'release',
];
const registries = ['actions', 'patch', 'migrate'];

/** Room to the rooms it may import, itself aside. `types:` allows types only. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ['kernel'],
  ports: ['types:kernel', 'types:model'],
  ...Object.fromEntries(
    ['wire', 'trust', 'observe', 'resolve', 'windows', 'judge', 'saga', 'report'].map((room) => [
      room,
      ['kernel', 'model'],
    ]),
  ),
  patch: ['kernel', 'model', 'types:ports'],
  migrate: ['kernel', 'model', 'types:ports'],
  actions: ['kernel', 'model', 'types:migrate'],
  desired: ['kernel', 'model', 'resolve', 'windows', ...registries],
  plan: ['kernel', 'model', 'resolve', 'windows', ...registries],
  release: ['kernel', 'model', 'types:ports', 'patch', 'trust'],
  node: ['kernel', 'model', 'types:ports', ...everythingPure],
  fleet: ['kernel', 'model', 'types:ports', ...everythingPure],
  adapters: ['kernel', 'model', 'types:ports', 'wire'],
  apps: ['*'],
};

const mayUseNode: Readonly<Record<string, readonly string[] | '*'>> = {
  kernel: ['node:crypto'],
  trust: ['node:crypto'],
  patch: ['node:zlib'],
  adapters: '*',
  apps: '*',
};
/** `node:crypto` is for one file of the kernel. */
const cryptoFile = join('kernel', 'digest.ts');

const effectGlobals = new Set([
  'Date',
  'process',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'console',
  'globalThis',
  'require',
]);

export interface Scan {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly string[];
}

export function scanArchitecture(sourceRoot: string): Scan {
  const files = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const violations: string[] = [];
  let imports = 0;
  for (const file of files) {
    const text = readFileSync(join(sourceRoot, file), 'utf8');
    const at = (offset: number): string => `${file}:${text.slice(0, offset).split('\n').length}`;
    const found = readImports(file, text);
    imports += found.imports.length;
    for (const one of found.imports) {
      const problem = checkImport(sourceRoot, file, one);
      if (problem !== undefined) violations.push(`${at(one.offset)}: ${problem}`);
    }
    for (const offset of found.computed) violations.push(`${at(offset)}: import() of something computed`);
    if (!isEffectful(roomOf(file)))
      for (const use of found.effects)
        violations.push(`${at(use.offset)}: ${roomOf(file)} is pure and names ${use.name}`);
  }
  return { files: files.length, imports, violations: violations.concat(crowdedFolders(files)) };
}

/** Every file that these files load, themselves too, whether at once or when something is called. Types load nothing. */
export function filesLoadedFrom(sourceRoot: string, starts: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>();
  const waiting = [...starts];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    for (const { specifier, typesOnly } of readImports(file, readFileSync(join(sourceRoot, file), 'utf8')).imports) {
      const target = relative(sourceRoot, resolve(sourceRoot, dirname(file), specifier));
      if (specifier.startsWith('.') && !typesOnly && target.endsWith('.ts')) waiting.push(target);
    }
  }
  return loaded;
}

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
  readonly offset: number;
}

function readImports(
  file: string,
  text: string,
): { imports: Import[]; computed: number[]; effects: { name: string; offset: number }[] } {
  const parsed = parseSync(file, text, { sourceType: 'module' });
  if (parsed.errors.length > 0) throw new Error(`${file}: ${parsed.errors[0]!.message}`);
  const imports: Import[] = [];
  const computed: number[] = [];
  const effects: { name: string; offset: number }[] = [];
  new Visitor({
    ImportDeclaration(node) {
      const typesOnly =
        node.importKind === 'type' ||
        (node.specifiers.length > 0 &&
          node.specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type'));
      imports.push({ specifier: node.source.value, typesOnly, offset: node.start });
    },
    ExportNamedDeclaration(node) {
      if (node.source !== null)
        imports.push({ specifier: node.source.value, typesOnly: node.exportKind === 'type', offset: node.start });
    },
    ExportAllDeclaration(node) {
      imports.push({ specifier: node.source.value, typesOnly: node.exportKind === 'type', offset: node.start });
    },
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string')
        imports.push({ specifier: node.source.value, typesOnly: false, offset: node.start });
      else computed.push(node.start);
    },
    TSImportType(node) {
      imports.push({ specifier: node.source.value, typesOnly: true, offset: node.start });
    },
    Identifier(node) {
      if (effectGlobals.has(node.name) && isReference(text, node.start))
        effects.push({ name: node.name, offset: node.start });
    },
    MemberExpression(node) {
      const source = text.slice(node.start, node.end);
      if (source === 'Math.random' || source === 'Temporal.Now' || source === 'crypto.randomUUID')
        effects.push({ name: source, offset: node.start });
    },
  }).visit(parsed.program);
  return { imports, computed, effects };
}

/** Not a property name (`x.process`) nor a key (`process:`). */
function isReference(text: string, offset: number): boolean {
  if (text[offset - 1] === '.') return false;
  return !/^\w+\??\s*:/u.test(text.slice(offset, offset + 40));
}

function checkImport(sourceRoot: string, file: string, one: Import): string | undefined {
  const room = roomOf(file);
  if (one.specifier.startsWith('.')) {
    const target = relative(sourceRoot, resolve(sourceRoot, dirname(file), one.specifier));
    // Schemas are data, and `desired` is where they become meaning.
    if (room === 'desired' && /^\.\.[\\/]schemas[\\/][\w-]+\.schema\.json$/u.test(target)) return undefined;
    if (target.startsWith('..')) return room === 'apps' ? undefined : `${room} reaches out of src: ${one.specifier}`;
    const targetRoom = roomOf(target);
    if (targetRoom === room) return undefined;
    const rooms = allowed[room];
    if (rooms === undefined) return `${room} is not a room of the table`;
    if (rooms.includes('*') || rooms.includes(targetRoom)) return undefined;
    if (rooms.includes(`types:${targetRoom}`))
      return one.typesOnly ? undefined : `${room} may import only types of ${targetRoom}`;
    return `${room} may not import ${targetRoom}`;
  }
  const name = one.specifier.replace(/^node:/u, '').split('/')[0]!;
  if (!one.specifier.startsWith('node:') && !builtinModules.includes(name)) return undefined;
  if (one.typesOnly) return undefined;
  const modules = mayUseNode[room];
  if (modules === '*') return undefined;
  if (modules === undefined || !modules.includes(one.specifier)) return `${room} may not use ${one.specifier}`;
  return room === 'kernel' && file !== cryptoFile
    ? `only ${cryptoFile} of the kernel may use ${one.specifier}`
    : undefined;
}

function roomOf(file: string): string {
  return file.split(sep)[0]!;
}

function isEffectful(room: string): boolean {
  return room === 'adapters' || room === 'apps';
}

/** A folder that passes 15 files is split by meaning; registries of one-file things may grow. */
function crowdedFolders(files: readonly string[]): string[] {
  const registryFolders = new Set(files.filter((file) => file.endsWith(`${sep}index.ts`)).map(dirname));
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts]
    .filter(([folder, count]) => count > 15 && !registryFolders.has(folder))
    .map(([folder, count]) => `${folder} holds ${count} files; split it by meaning`);
}
