import { expect, test } from 'vitest';
import { collectObserved } from '../../../src/observe/collect-observed.ts';
import { observedNode, release } from '../../support/fleet-fixture.ts';

const themisdb = release('themisdb', '1.5.0');

test('nodes, files, restore points and packages come out sorted', () => {
  const point = { createdAt: '2026-01-01T00:00:00Z', packages: {}, sizeBytes: 1 };
  const node = observedNode('b', [themisdb, release('alpha', '1.0.0')], {
    drift: [
      { package: 'themisdb', path: 'z', problem: 'changed' },
      { package: 'themisdb', path: 'a', problem: 'missing' },
    ],
    restorePoints: [
      { ...point, id: 'old' },
      { ...point, id: 'new', createdAt: '2026-02-01T00:00:00Z' },
    ],
  });
  const { nodes } = collectObserved([
    { node: 'b', observed: node },
    { node: 'a', observed: observedNode('a', [themisdb]) },
  ]);
  expect(nodes.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(nodes[1]).toMatchObject({
    drift: [{ path: 'a' }, { path: 'z' }],
    restorePoints: [{ id: 'new' }, { id: 'old' }],
  });
  expect(Object.keys((nodes[1] as typeof node).packages)).toEqual(['alpha', 'themisdb']);
});

test.each([
  ['another name', observedNode('b', [themisdb])],
  [
    'a path outside',
    observedNode('a', [themisdb], { drift: [{ package: 'themisdb', path: '../x', problem: 'changed' }] }),
  ],
  ['a version that is none', { ...observedNode('a', []), packages: { themisdb: { ...themisdb, version: 'latest' } } }],
  ['no object', 'hello'],
])('an answer with %s counts as none', (_, observed) => {
  const { nodes } = collectObserved([{ node: 'a', observed }]);
  expect(nodes[0]).toMatchObject({ name: 'a', reachable: false, failure: { code: 'UNSUPPORTED_FORMAT' } });
});

test('a failure is kept, and the first answer of a node counts', () => {
  const failure = { code: 'UNREACHABLE', message: 'no route', retry: 'backoff' } as const;
  const { nodes } = collectObserved([
    { node: 'a', failure },
    { node: 'a', observed: observedNode('a', [themisdb]) },
  ]);
  expect(nodes).toEqual([{ name: 'a', reachable: false, failure }]);
});
