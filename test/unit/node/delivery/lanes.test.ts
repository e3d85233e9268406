import { expect, test } from 'vitest';
import { createLanes } from '../../../../src/node/delivery/flow/lanes.ts';

const { signal } = new AbortController();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the lowest rank is next, whoever asked first', async () => {
  const lanes = createLanes({ total: 1, perHost: 9 });
  const leave = await lanes.enter(9, 'a', signal);
  const order: number[] = [];
  const ended = [3, 1, 2].map(async (rank) => {
    const done = await lanes.enter(rank, 'a', signal);
    order.push(rank);
    done();
  });
  leave();
  await Promise.all(ended);
  expect(order).toEqual([1, 2, 3]);
});

test('never more at once than in all, nor of one host, and a full host holds up no other', async () => {
  const lanes = createLanes({ total: 5, perHost: 3 });
  const busy = { a: 0, b: 0 };
  const most = { a: 0, b: 0, all: 0 };
  const work = async (rank: number, host: 'a' | 'b'): Promise<void> => {
    const leave = await lanes.enter(rank, host, signal);
    busy[host] += 1;
    most[host] = Math.max(most[host], busy[host]);
    most.all = Math.max(most.all, busy.a + busy.b);
    await settled();
    busy[host] -= 1;
    leave();
    // Giving a room back twice gives it back once.
    leave();
  };
  await Promise.all(Array.from({ length: 60 }, (_, rank) => work(rank, rank < 30 ? 'a' : 'b')));
  expect(most).toEqual({ a: 3, b: 3, all: 5 });
});

test('what has no host shares nothing but the total', async () => {
  const lanes = createLanes({ total: 4, perHost: 1 });
  const leaves = await Promise.all([1, 2, 3, 4].map((rank) => lanes.enter(rank, '', signal)));
  let isIn = false;
  const fifth = lanes.enter(5, '', signal).then(() => (isIn = true));
  await settled();
  expect(isIn).toBe(false);
  leaves[0]!();
  await fifth;
});

test('who gives up while waiting takes no room', async () => {
  const lanes = createLanes({ total: 1, perHost: 1 });
  const leave = await lanes.enter(1, 'a', signal);
  const stop = new AbortController();
  const waiting = lanes.enter(2, 'a', stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(lanes.enter(3, 'a', stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  leave();
  (await lanes.enter(4, 'a', signal))();
});

test('nobody enters the lanes of a host that is closed, and its closing holds up no other', async () => {
  const lanes = createLanes({ total: 3, perHost: 3 });
  const inside = await lanes.enter(1, 'a', signal);
  const reopen = [lanes.close('a'), lanes.close('a')];
  const order: string[] = [];
  const entering = [2, 3].map(async (rank) => {
    (await lanes.enter(rank, rank === 2 ? 'a' : 'b', signal))();
    order.push(rank === 2 ? 'a' : 'b');
  });
  inside();
  reopen[0]!();
  reopen[0]!();
  await settled();
  expect(order).toEqual(['b']);
  reopen[1]!();
  await Promise.all(entering);
  expect(order).toEqual(['b', 'a']);
});
