/**
 * Both ends of a pair as releases, and the delta between them, by the program that publishers run: what it pairs, tries
 * within its usual time and keeps is what counts as chosen.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReleaseDelta } from '../../../src/model/release-format/parse-delta.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { type FilePair, pairFiles } from '../../../src/release/delta/pair-files.ts';
import { parseManifest } from '../../../src/trust/policy/parse-manifest.ts';
import { type MeasuredProcess, measureProcess } from './measured-process.ts';
import type { Pair } from './pairs.ts';
import type { JobFile } from './patch-process.ts';

const program = fileURLToPath(new URL('../../../bin/themis.cjs', import.meta.url));
const ends = { from: resolve('releases/from'), to: resolve('releases/to') } as const;

/** From where the packages lie. */
export function buildReleases(pair: Pair, from: string, to: string): void {
  for (const [end, source] of [['from', from] as const, ['to', to] as const]) {
    const path = pair.file ?? '.';
    mkdirSync(dirname(join(ends[end], path)), { recursive: true });
    cpSync(join(source, path), join(ends[end], path), { recursive: true });
    const argv = [program, 'release', 'build', ends[end], '--package', 'bench', '--version', pair[end]];
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`release build of ${pair.package} ${pair[end]}: ${stderr}`);
  }
}

export interface ChangedFile {
  readonly path: string;
  /** Absolute. Absent: there is nothing that it could be made from. */
  readonly base?: string;
  readonly target: string;
  readonly targetBytes: number;
  /** 64 lower-case hex digits. */
  readonly targetHash: string;
}

/** Without those whose content the base has, wherever: they cost nothing. */
export function changedFiles(): ChangedFile[] {
  const { pairs, fresh } = pairFiles(manifestOf('from'), manifestOf('to'));
  const changed = [...pairs, ...fresh.map((target): Partial<FilePair> & Pick<FilePair, 'target'> => ({ target }))];
  return changed.map(({ base, target }) => ({
    path: target.path,
    ...(base === undefined ? {} : { base: join(ends.from, base.path) }),
    target: join(ends.to, target.path),
    targetBytes: target.sizeBytes,
    targetHash: target.sha256,
  }));
}

/** What `release delta` keeps with its default options. */
export async function chooseDelta(): Promise<MeasuredProcess & { readonly patches: readonly JobFile[] }> {
  const argv = [program, 'release', 'delta', '--from', ends.from, '--to', ends.to, '-o', 'json'];
  const measured = await measureProcess(process.execPath, argv);
  const [made] = (JSON.parse(measured.output) as { deltas: { directory: string | null }[] }).deltas;
  if (made!.directory === null) return { ...measured, patches: [] };
  const place = resolve('releases', made!.directory);
  const patches = parseReleaseDelta(readFileSync(join(place, 'delta.json'))).files.map((file) => ({
    algorithm: file.algorithm,
    base: join(ends.from, file.basePath ?? file.path),
    target: join(ends.to, file.path),
    patch: join(place, file.patchUrl),
    targetBytes: file.targetSize,
  }));
  return { ...measured, patches };
}

function manifestOf(end: keyof typeof ends): ReleaseManifest {
  const parsed = parseManifest(readFileSync(join(ends[end], 'release.json')));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.manifest;
}
