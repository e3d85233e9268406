import { expect, test } from 'vitest';
import { lint, raw } from '../../../support/migrate/lint-of.ts';

const review = '-- themis:reviewed THM7206: forty rows, once a year\n';
const index = 'CREATE INDEX i ON users (a)';

/** `THM7206 info Reviewed: ...` */
function foundIn(up: string): readonly string[] {
  return lint([raw(up)])
    .filter(({ code }) => code !== 'THM7234')
    .map(({ code, severity, details = [] }) => [code, severity, ...details].join(' '));
}

test('what was reviewed stays as a note with its reason, in its own operation', () => {
  expect(foundIn(review + index)).toEqual(['THM7206 info Reviewed: forty rows, once a year']);
  expect(foundIn(`${index}; ${review}`)).toEqual(['THM7206 info Reviewed: forty rows, once a year']);
  const two = lint([raw(review + index), raw('CREATE INDEX j ON users (b)')]).filter(({ code }) => code === 'THM7206');
  expect(two.map(({ severity }) => severity)).toEqual(['info', 'error']);
});

test.each([
  ['it reviews what is not there', `-- themis:reviewed THM7211: nobody uses it\n${index}`],
  ['it says no reason', `-- themis:reviewed THM7206\n${index}`],
  ['it names no finding', `-- themis:reviewed forty rows\n${index}`],
])('a review is idle where %s', (_, up) => {
  expect(foundIn(up)).toEqual(['THM7206 error', 'THM7248 warning']);
});

test('no review makes right what fails, or what a text says', () => {
  expect(foundIn('-- themis:reviewed THM7220: as always\nCOMMIT')).toEqual(['THM7220 error', 'THM7248 warning']);
  expect(foundIn(`${index}; COMMENT ON INDEX i IS '\n${review}'`)).toEqual(['THM7206 error']);
});
