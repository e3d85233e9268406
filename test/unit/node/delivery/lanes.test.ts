import { expect, test } from 'vitest';
import { createLanes } from '../../../../src/node/delivery/flow/lanes.ts';

const { signal } = new AbortController();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the lowest rank is next, whoever asked first', async () => {
  const lanes = createLanes({ total: 1, perHost: 9 });
  const { leave } = await lanes.enter(9, 'a', signal);
  const order: number[] = [];
  const ended = [3, 1, 2].map(async (rank) => {
    const { leave: done } = await lanes.enter(rank, 'a', signal);
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
    const { leave } = await lanes.enter(rank, host, signal);
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
  leaves[0]!.leave();
  await fifth;
});

test('who gives up while waiting takes no room', async () => {
  const lanes = createLanes({ total: 1, perHost: 1 });
  const { leave } = await lanes.enter(1, 'a', signal);
  const stop = new AbortController();
  const waiting = lanes.enter(2, 'a', stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(lanes.enter(3, 'a', stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
  leave();
  (await lanes.enter(4, 'a', signal)).leave();
});

test('nobody enters the lanes of a host that is closed, and its closing holds up no other', async () => {
  const lanes = createLanes({ total: 3, perHost: 3 });
  const inside = await lanes.enter(1, 'a', signal);
  const reopen = [lanes.close('a'), lanes.close('a')];
  const order: string[] = [];
  const entering = [2, 3].map(async (rank) => {
    (await lanes.enter(rank, rank === 2 ? 'a' : 'b', signal)).leave();
    order.push(rank === 2 ? 'a' : 'b');
  });
  inside.leave();
  reopen[0]!();
  reopen[0]!();
  await settled();
  expect(order).toEqual(['b']);
  reopen[1]!();
  await Promise.all(entering);
  expect(order).toEqual(['b', 'a']);
});

test('one more is let in behind who is ending, over the same lane, and begins when that one leaves', async () => {
  const lanes = createLanes({ total: 2, perHost: 2 });
  const [first, other] = [await lanes.enter(1, 'a', signal), await lanes.enter(2, 'a', signal)];
  expect(first.lane).not.toBe(other.lane);
  await Promise.all([first.begins, other.begins]);
  const [third, fourth] = [lanes.enter(3, 'a', signal), lanes.enter(4, 'a', signal)];
  other.ending();
  const behind = await third;
  expect(behind.lane).toBe(other.lane);
  expect([other.isAhead, behind.isAhead]).toEqual([false, true]);
  let began = false;
  void behind.begins.then(() => (began = true));
  // Two are the most that a lane takes.
  behind.ending();
  expect(await isSettled(fourth)).toBe(false);
  expect(began).toBe(false);
  other.leave();
  await behind.begins;
  expect((await fourth).lane).toBe(other.lane);
});

test('a lane that ends is for whoever is next of all, and a free one comes first', async () => {
  const lanes = createLanes({ total: 2, perHost: 2 });
  const [one, two] = [await lanes.enter(1, 'a', signal), await lanes.enter(2, 'a', signal)];
  const [ofOther, ofSame] = [lanes.enter(3, 'b', signal), lanes.enter(4, 'a', signal)];
  one.ending();
  expect(await isSettled(ofSame)).toBe(false);
  two.leave();
  await ofOther;
  expect((await ofSame).lane).toBe(one.lane);
});

test('nobody is let in behind another at a host that is closed, or where two in a lane were cut off', async () => {
  const lanes = createLanes({ total: 1, perHost: 1 });
  const first = await lanes.enter(1, 'a', signal);
  const reopen = lanes.close('a');
  first.ending();
  // Alone in its lane: nothing is learnt of that.
  first.cut();
  const second = lanes.enter(2, 'a', signal);
  expect(await isSettled(second)).toBe(false);
  reopen();
  (await second).ending();
  first.leave();
  // Alone by now, but it had asked while the other was there.
  (await second).cut();
  const third = lanes.enter(3, 'a', signal);
  expect(await isSettled(third)).toBe(false);
  (await second).leave();
  await third;
});

test('who is let in behind another and gives up leaves the lane to it', async () => {
  const lanes = createLanes({ total: 1, perHost: 1 });
  const first = await lanes.enter(1, 'a', signal);
  first.ending();
  (await lanes.enter(2, 'a', signal)).leave();
  const third = await lanes.enter(3, 'a', signal);
  const fourth = lanes.enter(4, 'a', signal);
  first.leave();
  await third.begins;
  expect(await isSettled(fourth)).toBe(false);
  third.leave();
  await fourth;
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  void promise.then(() => (is = true));
  await settled();
  return is;
}
