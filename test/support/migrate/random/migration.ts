/** Migrations of a few random changes, and names that nothing has. */
import { seededRandom } from '../../../../src/adapters/transport/simulated/seeded-random.ts';
import type { Catalog } from '../../../../src/model/schema/catalog.ts';
import { keeping, losing, pick, type Change, type Choosing } from './changes.ts';

export class RandomChanges {
  readonly #random: () => number;
  #named = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  next(): number {
    return this.#random();
  }

  /**
   * One to four. `lossy`: how often one is among those that nothing brings back. `apart`: no two are about the same.
   */
  migration(catalog: Catalog, { lossy, apart }: { lossy: number; apart: boolean }): readonly Change[] {
    const count = 1 + Math.floor(this.#random() * 4);
    const chosen: Change[] = [];
    for (let tries = 0; chosen.length < count && tries < 40; tries += 1) {
      const change = this.#change(catalog, lossy);
      if (change !== null && !(apart && chosen.some((other) => overlap(other, change)))) chosen.push(change);
    }
    return chosen;
  }

  #change(catalog: Catalog, lossy: number): Change | null {
    const random = this.#random;
    const choosing: Choosing = {
      catalog,
      random,
      fresh: (purpose) => {
        this.#named += 1;
        return `${purpose}${this.#named}`;
      },
    };
    const make = pick(random, random() < lossy ? losing : keeping)!;
    const table = pick(random, catalog.tables);
    const column = table === undefined ? undefined : pick(random, table.columns);
    return table === undefined || column === undefined ? null : make(choosing, table, column);
  }
}

/** A table overlaps all of its columns. */
function overlap(one: Change, other: Change): boolean {
  return one.about.some((a) => other.about.some((b) => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)));
}
