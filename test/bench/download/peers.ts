import { writeFileSync } from 'node:fs';
import { releaseDirectory, writtenManifest } from './release.ts';

/** Arguments of aria2c for all files of the release into `out`, each over one connection; writes its list there. */
export function aria2Of(url: string, connections: number): string[] {
  const list = writtenManifest().files.map(({ path }) => `${url}/${releaseDirectory}/${path}\n  out=${path}\n`);
  writeFileSync('out/list', list.join(''));
  return [
    '--input-file=out/list',
    '--dir=out',
    `--max-concurrent-downloads=${connections}`,
    '--split=1',
    '--file-allocation=none',
    '--quiet',
  ];
}

export function missing(program: string): Error {
  return new Error(`${program} is needed: apt-get install ${program.replace(/c$/u, '')}`);
}
