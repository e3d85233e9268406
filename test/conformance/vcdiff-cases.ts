/** The cases of the shared VCDIFF conformance data: a source, a delta, and the target it makes; or a delta to be refused. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface VcdiffCase {
  /** Its folder: `targeted-negative/copy_address_oob`. */
  readonly id: string;
  readonly shouldApply: boolean;
  readonly source: Uint8Array;
  readonly delta: Uint8Array;
  readonly target: Uint8Array;
}

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Of the shared conformance data; null where this machine has none. */
export function vcdiffDirectory(): string | null {
  const root = process.env['THEMIS_CONFORMANCE'] ?? join(project, '../shared/conformance');
  const directory = resolve(project, root, 'vcdiff');
  return existsSync(join(directory, 'targeted-negative')) ? directory : null;
}

/** What the directory holds, counted by what describes a case: a run over fewer has skipped something. */
export function countVcdiffHeld(directory: string): number {
  return filesCalled(directory, 'metadata.json').length;
}

export function readVcdiffCases(directory: string): readonly VcdiffCase[] {
  return filesCalled(directory, 'delta.vcdiff').map((file) => {
    const folder = dirname(file);
    return {
      id: relative(directory, folder),
      shouldApply: !relative(directory, folder).startsWith('targeted-negative'),
      source: readFileSync(join(folder, 'source')),
      delta: readFileSync(file),
      target: readFileSync(join(folder, 'target')),
    };
  });
}

function filesCalled(directory: string, name: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(`/${name}`))
    .toSorted()
    .map((file) => join(directory, file));
}
