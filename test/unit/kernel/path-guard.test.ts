import { expect, test } from 'vitest';
import { caseCollisions, pathProblem } from '../../../src/kernel/path-guard.ts';

test.each([
  ['bin/themis_server', undefined],
  ['lib/x.so.1', undefined],
  ['share/ä/ß.txt', undefined],
  ['..foo/bar', undefined],
  ['', 'empty'],
  ['/etc/passwd', 'absolute'],
  ['C:/windows/x', 'absolute'],
  ['c:x', 'absolute'],
  ['../../etc/passwd', 'traversal'],
  ['a/../b', 'traversal'],
  ['a/..', 'traversal'],
  ['a\\..\\b', 'backslash'],
  ['a//b', 'not-normalised'],
  ['./a', 'not-normalised'],
  ['a/', 'not-normalised'],
  ['a/.', 'not-normalised'],
  ['a./b', 'not-normalised'],
  ['a /b', 'not-normalised'],
  ['a\u0308', 'not-normalised'],
  ['a/\ud800', 'not-normalised'],
  ['a\0b', 'control-character'],
  ['a\nb', 'control-character'],
  ['nul', 'reserved'],
  ['lib/COM1.txt', 'reserved'],
  ['file:stream', 'reserved'],
  ['.themis/x', 'reserved'],
  ['.Themis/x', 'reserved'],
  ['x'.repeat(256), 'too-long'],
  [`${'a/'.repeat(600)}b`, 'too-long'],
])('path %j is %s', (path, problem) => {
  expect(pathProblem(path)).toBe(problem);
});

test('two spellings of one file collide', () => {
  expect(caseCollisions(['bin/a', 'bin/A'])).toEqual([['bin/a', 'bin/A']]);
});

test('a file and a directory of one name collide', () => {
  expect(caseCollisions(['lib', 'Lib/x'])).toEqual([['lib', 'Lib/x']]);
});

test('two spellings of one directory collide', () => {
  expect(caseCollisions(['Lib/a', 'lib/b'])).toEqual([['Lib/a', 'lib/b']]);
});

test('different files do not collide', () => {
  expect(caseCollisions(['bin/a', 'bin/b', 'lib/a'])).toEqual([]);
});
