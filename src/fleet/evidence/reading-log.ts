/**
 * The readings of one stage, thinned to one of each series in a look interval. What is added twice is there once, and
 * adding what was kept again, in the same order, gives the same log: that is how a restart rebuilds it.
 */
import type { Point, Series } from '../../model/metrics.ts';

interface Line {
  readonly head: Omit<Series, 'points'>;
  /** By instant. */
  readonly points: Point[];
  readonly slots: Set<number>;
}

export class ReadingLog {
  readonly #lookMs: number;
  readonly #lines = new Map<string, Map<string, Line>>();

  constructor(lookMs: number) {
    this.#lookMs = lookMs;
  }

  /** What was new and is kept. */
  add(list: readonly Series[]): readonly Series[] {
    return list.flatMap((series) => {
      const { points, ...head } = series;
      const kept = this.#keep(this.#line(head), points);
      return kept.length === 0 ? [] : [{ ...head, points: kept }];
    });
  }

  /** Of one node: points for which `wanted` says yes. */
  series(node: string, signal: string, wanted: (atMs: number) => boolean): readonly Series[] {
    const found: Series[] = [];
    for (const { head, points } of this.#lines.get(node)?.values() ?? []) {
      if (head.signal !== signal) continue;
      const inside = points.filter(([atMs]) => wanted(atMs));
      if (inside.length > 0) found.push({ ...head, points: inside });
    }
    return found;
  }

  /** All of some nodes. */
  of(nodes: ReadonlySet<string>): readonly Series[] {
    const found: Series[] = [];
    for (const node of nodes) {
      for (const { head, points } of this.#lines.get(node)?.values() ?? [])
        found.push({ ...head, points: [...points] });
    }
    return found;
  }

  #line(head: Omit<Series, 'points'>): Line {
    let ofNode = this.#lines.get(head.node);
    if (ofNode === undefined) this.#lines.set(head.node, (ofNode = new Map<string, Line>()));
    const key = JSON.stringify([head.signal, head.le ?? null]);
    let line = ofNode.get(key);
    if (line === undefined) ofNode.set(key, (line = { head, points: [], slots: new Set() }));
    return line;
  }

  /** The last of each interval that has none yet. */
  #keep({ points, slots }: Line, added: readonly Point[]): Point[] {
    const bySlot = new Map<number, Point>();
    for (const point of added) {
      const slot = Math.floor(point[0] / this.#lookMs);
      const other = bySlot.get(slot);
      if (!slots.has(slot) && (other === undefined || point[0] >= other[0])) bySlot.set(slot, point);
    }
    const kept = [...bySlot.values()].sort(([a], [b]) => a - b);
    for (const slot of bySlot.keys()) slots.add(slot);
    const last = points.at(-1)?.[0] ?? -Infinity;
    points.push(...kept);
    if (kept.length > 0 && kept[0]![0] < last) points.sort(([a], [b]) => a - b);
    return kept;
  }
}
