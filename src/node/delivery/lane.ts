import type { Lanes, Place } from './flow/lanes.ts';

/** One's own place among the transfers of a host: entered and left as often as needed, given back once each time. */
export interface Lane {
  readonly signal: AbortSignal;
  enter(): Promise<Place>;
  leave(): void;
}

export function createLane(lanes: Lanes, rank: number, host: string, signal: AbortSignal): Lane {
  let inside: Place | undefined;
  return {
    signal,
    async enter() {
      return (inside ??= await lanes.enter(rank, host, signal));
    },
    leave() {
      inside?.leave();
      inside = undefined;
    },
  };
}
