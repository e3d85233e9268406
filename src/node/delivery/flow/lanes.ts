/**
 * How many may be at work at once, in all and for each host, and who is next: the one with the lowest rank among those
 * whose host has room. Each delivery has a rank of its own, which what it needs shares. A lane of a host is a connection
 * to it: who is let into one before the other has left asks while that ends, so that nobody waits for a question to get
 * there and back.
 */
import { ThemisError } from '../../../kernel/error.ts';
import { Heap } from '../../../kernel/heap.ts';
import type { Turn } from '../../../ports/release-source.ts';

export interface Lanes {
  /** Resolves when there is room. CANCELLED when the signal aborts. */
  enter(rank: number, host: string, signal: AbortSignal): Promise<Place>;
  /** Nobody else enters the lanes of a host until what this returns is called, once. Who is in stays in. */
  close(host: string): () => void;
}

/** One's own in a lane of a host. */
export interface Place extends Turn {
  /** From now on there is room for one more behind this one: what is left of it takes no longer than asking does. */
  ending(): void;
  /** It was let in while another was ending, and asked for what it wants before that had come. */
  readonly isAhead: boolean;
  /** What came was cut off. Where two were in the lane, that may be why: there is one in a lane of that host from now on. */
  cut(): void;
  /** Gives the room back, once. */
  readonly leave: () => void;
}

export interface LaneLimits {
  readonly total: number;
  /** Of one host. What has no host ('') shares nothing but the total. */
  readonly perHost: number;
}

interface Waiter {
  readonly rank: number;
  /** undefined once it has left or entered. */
  enter: ((taken: Place) => void) | undefined;
}

interface Occupant {
  isEnding: boolean;
  readonly begins: PromiseWithResolvers<void>;
}

interface Host {
  readonly waiting: Heap<Waiter>;
  /** By number; one that nobody is in has no occupants. The second was let in while the first was ending. */
  readonly lanes: Occupant[][];
  closings: number;
  isOneByOne: boolean;
}

export function createLanes({ total, perHost }: LaneLimits): Lanes {
  const hosts = new Map<string, Host>();
  let busy = 0;

  const hostOf = (name: string): Host => {
    let host = hosts.get(name);
    if (host === undefined) {
      host = { waiting: new Heap((a, b) => a.rank - b.rank), lanes: [], closings: 0, isOneByOne: name === '' };
      hosts.set(name, host);
    }
    return host;
  };
  const mostOf = (name: string): number => (name === '' ? Number.POSITIVE_INFINITY : perHost);
  const hasRoom = (name: string, host: Host): boolean =>
    host.closings === 0 && (freeLane(host, mostOf(name)) !== undefined || endingLane(host) !== undefined);
  const admit = (): void => {
    for (;;) {
      const next = lowest(hosts, hasRoom);
      if (next === undefined) return;
      const { name, host } = next;
      const free = busy < total ? freeLane(host, mostOf(name)) : undefined;
      const lane = free ?? endingLane(host);
      // A lane of another host, once it is free, is for whoever is next of all.
      if (lane === undefined) return;
      if (free !== undefined) busy += 1;
      host.waiting.pop()!.enter!(take(host, lane, changed));
    }
  };
  const changed = { admit, freed: () => (busy -= 1) };
  return {
    close(name) {
      const host = hostOf(name);
      host.closings += 1;
      return once(() => {
        host.closings -= 1;
        admit();
      });
    },
    enter(rank, name, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(cancelled());
          return;
        }
        const giveUp = (): void => {
          waiter.enter = undefined;
          reject(cancelled());
        };
        const waiter: Waiter = {
          rank,
          enter: (place) => {
            signal.removeEventListener('abort', giveUp);
            resolve(place);
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        hostOf(name).waiting.push(waiter);
        admit();
      });
    },
  };
}

interface Changed {
  /** Somebody else may have room now. */
  readonly admit: () => void;
  /** Nobody is in a lane any more. */
  readonly freed: () => void;
}

function take(host: Host, number: number, { admit, freed }: Changed): Place {
  const lane = (host.lanes[number] ??= []);
  const isAhead = lane.length > 0;
  const occupant: Occupant = { isEnding: false, begins: Promise.withResolvers() };
  lane.push(occupant);
  if (!isAhead) occupant.begins.resolve();
  return {
    lane,
    isAhead,
    begins: occupant.begins.promise,
    ending() {
      if (occupant.isEnding) return;
      occupant.isEnding = true;
      admit();
    },
    cut() {
      if (lane.length > 1 || isAhead) host.isOneByOne = true;
    },
    leave() {
      const index = lane.indexOf(occupant);
      if (index < 0) return;
      lane.splice(index, 1);
      lane[0]?.begins.resolve();
      if (lane.length === 0) freed();
      admit();
    },
  };
}

/** The number of the first lane that nobody is in. */
function freeLane({ lanes }: Host, most: number): number | undefined {
  const index = lanes.findIndex((lane) => lane.length === 0);
  if (index >= 0) return index;
  return lanes.length < most ? lanes.length : undefined;
}

function endingLane({ lanes, isOneByOne }: Host): number | undefined {
  if (isOneByOne) return undefined;
  const index = lanes.findIndex((lane) => lane.length === 1 && lane[0]!.isEnding);
  return index < 0 ? undefined : index;
}

/** The host of whoever is next; who gave up meanwhile is dropped on the way. */
function lowest(
  hosts: ReadonlyMap<string, Host>,
  hasRoom: (name: string, host: Host) => boolean,
): { readonly name: string; readonly host: Host } | undefined {
  let best: { readonly name: string; readonly host: Host; readonly rank: number } | undefined;
  for (const [name, host] of hosts) {
    const { waiting } = host;
    while (waiting.size > 0 && waiting.peek()!.enter === undefined) waiting.pop();
    const first = waiting.peek();
    if (first === undefined || !hasRoom(name, host)) continue;
    if (best === undefined || first.rank < best.rank) best = { name, host, rank: first.rank };
  }
  return best;
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}

function cancelled(): ThemisError {
  return new ThemisError('CANCELLED', 'The delivery was cancelled.');
}
