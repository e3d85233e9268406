/** `docs/refmix.md` is all that a reader needs: one that was written from it reads what ours writes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { refmix } from '../../../src/patch/refmix.ts';
import { containerLimits, readContainer, segmentMethods } from '../../../src/patch/refmix/container.ts';
import { applyPatch } from '../../support/patch/apply-patch.ts';
import { elfProgram } from '../../support/patch/elf-program.ts';
import { peProgram } from '../../support/patch/pe-program.ts';
import { edited, type NamedPair, noise, programBytes } from '../../support/patch/kinds-of-files.ts';
import { readPatch } from '../../support/patch/refmix-reader/read-patch.ts';

const document = readFileSync(new URL('../../../docs/refmix.md', import.meta.url), 'utf8');

/** A code block of the document by its name. */
function blockOf(name: string): Uint8Array {
  const block = new RegExp(`^\`\`\`text ${name}\n(.*?)^\`\`\``, 'msu').exec(document)?.[1];
  if (block === undefined) throw new Error(`docs/refmix.md has no ${name}`);
  return new TextEncoder().encode(block);
}

/** The bytes that the rows of the last chapter's table name, one row after another. */
function patchInRows(): Uint8Array {
  const chapter = document.slice(document.indexOf('## A patch, byte by byte'));
  const rows = [...chapter.matchAll(/^\| `((?:[0-9a-f]{2} ?)+)` \|/gmu)];
  return Buffer.from(rows.map(([, bytes]) => bytes!.replaceAll(' ', '')).join(''), 'hex');
}

const text = new TextEncoder().encode('SELECT name, version FROM nodes WHERE healthy;\n'.repeat(40));
const bytes = noise(5000, 256);
const code = programBytes(120_000);

const pairs: readonly NamedPair[] = [
  { name: 'programs of ELF', base: elfProgram(false), target: elfProgram(true) },
  { name: 'programs of PE', base: peProgram(false), target: peProgram(true) },
  { name: 'a part of a real program', base: code, target: edited(code) },
  {
    name: 'programs with two other bytes, far from each other',
    base: code,
    target: code.map((byte, at) => byte + (at % 45_000 === 44_999 ? 1 : 0)),
  },
  { name: 'moved blocks', base: code, target: Buffer.concat([code.subarray(20_000), code.subarray(0, 9000)]) },
  {
    name: 'periodic differences',
    base: bytes,
    target: bytes.map((byte, at) => byte + (at % 3 === 0 ? at * at * 7 : 0)),
  },
  { name: 'a program without a base', base: new Uint8Array(), target: code.subarray(0, 8000) },
  { name: 'text without a base', base: new Uint8Array(), target: text },
  {
    name: 'text in another order',
    base: text,
    target: Buffer.concat([text.subarray(700), noise(90, 26), text.subarray(9, 500)]),
  },
  { name: 'an empty target', base: text, target: new Uint8Array() },
  { name: 'equal files', base: text, target: text },
  { name: 'tiny files', base: Uint8Array.of(1, 2, 3), target: Uint8Array.of(1, 2, 4, 3) },
];

describe('docs/refmix.md', () => {
  it.each(pairs)('is enough to read the patch between $name', async ({ base, target }) => {
    const patch = await refmix.make(base, target, {});
    expect(Buffer.compare(readPatch(patch, base), target)).toBe(0);
  });

  it('was held against every method of a segment', async () => {
    const methods = new Set<string>();
    for (const { base, target } of pairs) {
      const patch = await refmix.make(base, target, {});
      for (const { method } of readContainer(patch, base.length, target.length).segments) methods.add(method);
    }
    expect([...methods].sort()).toEqual([...segmentMethods].sort());
  });

  it('has a patch in it that is the one we make, and that both readers read', async () => {
    const [base, target, patch] = [blockOf('base'), blockOf('target'), patchInRows()];
    expect(patch.length).toBe(34);
    expect(Buffer.from(await refmix.make(base, target, {})).toString('hex')).toBe(Buffer.from(patch).toString('hex'));
    expect(Buffer.compare(await applyPatch(refmix, base, patch, target.length), target)).toBe(0);
    expect(Buffer.compare(readPatch(patch, base), target)).toBe(0);
  });

  it('states the limits that hold', () => {
    expect(document).toContain(`more than ${containerLimits.targetBytes / 2 ** 20} MiB`);
    expect(containerLimits).toMatchObject({ baseBytes: 2 ** 28, segments: 16, stretches: 2 ** 18 });
  });
});
