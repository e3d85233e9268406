/** A program that asks a worker for something and ends without closing the pool: an idle worker may not keep it. */
import { openCompute } from '../../../src/adapters/compute/index.ts';
import type { TestTasks } from './tasks.ts';

const entry = new URL('worker.ts', import.meta.url);
const compute = openCompute<TestTasks>({ kind: 'worker-threads', entry, size: 2 });
process.stdout.write(`${await compute.run('double', 21)}\n`);
