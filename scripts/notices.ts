/** The notices of packages of others that a package of Themis holds a copy of. They ask for them wherever one goes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

/** Name, version and licence of each; throws where it is nowhere to be read. `directories`: of packages. */
export function noticesOf(directories: Iterable<string>): string {
  const notices = [...directories].toSorted().map((directory) => {
    const manifest = manifestOf(directory);
    return [`${manifest.name} ${manifest.version} (${manifest.license})`, ...licencesOf(directory, manifest)].join(
      '\n\n',
    );
  });
  return `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

export function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

function licencesOf(directory: string, { name, license, author }: Manifest): readonly string[] {
  const files = readdirSync(directory);
  const textsOf = (pattern: RegExp): string[] =>
    files.filter((file) => pattern.test(file)).map((file) => readFileSync(join(directory, file), 'utf8').trim());
  const texts = textsOf(/^(?:licen[cs]e|notice|copying)/iu);
  if (texts.length > 0) return texts;
  // Some have it at the end of what they say about themselves.
  const [, section = ''] = textsOf(/^readme/iu)
    .join('\n')
    .split(/^#+ licen[cs]e$/imu);
  if (section.includes('WITHOUT WARRANTY OF ANY KIND')) return [section.trim()];
  const holder = typeof author === 'object' ? author.name : author;
  if (license === 'MIT' && holder !== undefined) return [`Copyright (c) ${holder}`, mit];
  throw new Error(`${name}: its licence is nowhere to be read`);
}

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
