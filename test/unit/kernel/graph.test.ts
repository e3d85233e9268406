import fc from 'fast-check';
import { expect, test } from 'vitest';
import { topologicalOrder } from '../../../src/kernel/graph.ts';

test('an order puts each id after what it needs', () => {
  const result = topologicalOrder(
    new Map([
      ['c', ['b']],
      ['b', ['a']],
      ['a', []],
    ]),
  );
  expect(result).toEqual({ order: ['a', 'b', 'c'] });
});

test('a cycle is returned as a closed walk', () => {
  const result = topologicalOrder(
    new Map([
      ['x', ['a']],
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
    ]),
  );
  expect(result).toEqual({ cycle: ['a', 'b', 'c', 'a'] });
});

test('random graphs: an order keeps every edge, and a cycle is one', () => {
  const graphs = fc.array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(graphs, (lists) => {
      const needs = new Map(
        lists.map((list, index) => [String(index), list.filter((id) => id < lists.length).map(String)]),
      );
      const result = topologicalOrder(needs);
      if ('order' in result) {
        expect(result.order.toSorted()).toEqual([...needs.keys()].toSorted());
        for (const [id, list] of needs)
          for (const need of list) expect(result.order.indexOf(need)).toBeLessThan(result.order.indexOf(id));
      } else {
        expect(result.cycle[0]).toBe(result.cycle.at(-1));
        for (let i = 1; i < result.cycle.length; i += 1)
          expect(needs.get(result.cycle[i - 1]!)).toContain(result.cycle[i]);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});
