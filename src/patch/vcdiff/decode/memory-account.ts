import { refuse } from '../refusal.ts';

/** What one application of a patch may hold; a patch that asks for more is refused before it is given. */
export interface MemoryAccount {
  take(bytes: number, what: string): void;
}

export function openAccount(limit: number): MemoryAccount {
  let left = limit;
  return {
    take(bytes, what) {
      left -= bytes;
      if (left < 0)
        refuse('TOO_LARGE', `The patch needs more than ${limit >> 20} MiB to be applied, the last of it for ${what}.`);
    },
  };
}
