/** Each gate of `npm run check` is shown to fail on a fixture that breaks just its rule. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(tool: string, args: readonly string[]): { status: number | null; text: string } {
  const result = spawnSync(`${root}/node_modules/.bin/${tool}`, args, { cwd: root, encoding: 'utf8' });
  return { status: result.status, text: result.stdout + result.stderr };
}

test('lint refuses a floating promise', () => {
  const { status, text } = run('oxlint', [
    '--type-aware',
    '-c',
    'test/tripwire/lint/oxlintrc.json',
    'test/tripwire/lint/floating.ts',
  ]);
  expect(text).toContain('no-floating-promises');
  expect(status).toBe(1);
});

test('format refuses an unformatted file', () => {
  const { status } = run('oxfmt', [
    '--check',
    '-c',
    'test/tripwire/format/oxfmtrc.json',
    'test/tripwire/format/ugly.ts',
  ]);
  expect(status).toBe(1);
});

test('types refuse text where a number is wanted', () => {
  const { status, text } = run('tsc', ['-p', 'test/tripwire/types']);
  expect(text).toContain('TS2322');
  expect(status).not.toBe(0);
});

test('the dead-code check names an unused export and an unused dependency', () => {
  const { status, text } = run('knip', ['--directory', 'test/tripwire/dead-code']);
  expect(text).toMatch(/unused {2}.*library\.ts|unused.*src\/library\.ts/u);
  expect(text).toContain('unused-package');
  expect(status).toBe(1);
});

test('the types of documents that differ from the schemas are refused', () => {
  const directory = mkdtempSync(join(tmpdir(), 'themis-tripwire-'));
  try {
    const documents = join(directory, 'documents.ts');
    const text = readFileSync(join(root, 'src/model/documents.ts'), 'utf8');
    const check = () => run('node', ['scripts/generate-documents.ts', '--check', documents]);
    writeFileSync(documents, text);
    expect(check().status).toBe(0);
    writeFileSync(documents, text.replace('maxUnavailable?: number', 'maxUnavailable?: string'));
    expect(check()).toMatchObject({ status: 1, text: expect.stringContaining('npm run generate') as string });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
