/** A process of its own on one store file: takes the lease again and again and appends to one journal each time. */
import { isAlive, ownHolder } from '../../src/adapters/process/process-facts.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';

const [file = '', job = '', count = '0'] = process.argv.slice(2);
const store = openSqliteStore(file, systemClock, isAlive);
const holder = ownHolder(`${process.pid}`, 'test');

if (job === 'hold') {
  await store.lease.acquire(holder, 60_000);
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} else {
  let done = 0;
  while (done < Number(count)) {
    const lease = await store.lease.acquire(holder, 60_000);
    if (lease === null) continue;
    const { length } = await store.readJournal('e');
    const at = '2026-01-01T00:00:00Z';
    await store.appendJournal({ seq: length, operation: 'e', step: null, event: 'open', at, token: lease.token });
    await lease.release();
    done += 1;
  }
  await store.close();
}
