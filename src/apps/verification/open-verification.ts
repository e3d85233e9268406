import type { Verify } from '../../release/store/verify-cached.ts';
import { openWorkers } from '../worker/open-workers.ts';
import { verifyOnWorkers } from './verify-on-workers.ts';

export interface Verification {
  readonly verify: Verify;
  close(): Promise<void>;
}

/** Here for the first, on workers after that. Costs nothing before there are many. */
export function openVerification(): Verification {
  const workers = openWorkers();
  return { verify: verifyOnWorkers(workers), close: async () => await workers.close() };
}
