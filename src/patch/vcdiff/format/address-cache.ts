/**
 * Where COPY addresses are remembered (RFC 3284 section 5.1): the latest few for small differences, and the latest of
 * each residue for addresses that come again. Forgotten at the start of every window.
 */
import { nearSlots, sameSlots } from './code-table.ts';

export interface AddressCache {
  readonly near: Int32Array;
  readonly same: Int32Array;
  nextSlot: number;
  /** Nothing was remembered since it was emptied: most windows of a hostile patch never copy. */
  isEmpty: boolean;
}

export function createAddressCache(): AddressCache {
  return { near: new Int32Array(nearSlots), same: new Int32Array(sameSlots * 256), nextSlot: 0, isEmpty: true };
}

export function emptyCache(cache: AddressCache): void {
  if (cache.isEmpty) return;
  cache.near.fill(0);
  cache.same.fill(0);
  cache.nextSlot = 0;
  cache.isEmpty = true;
}

export function remember(cache: AddressCache, address: number): void {
  cache.near[cache.nextSlot] = address;
  cache.nextSlot = (cache.nextSlot + 1) % nearSlots;
  cache.same[address % (sameSlots * 256)] = address;
  cache.isEmpty = false;
}
