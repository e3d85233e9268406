import { knowsTheTime } from '../plan/knows-the-time.ts';
import { readFileSync } from 'node:fs';
export type { Time } from '../plan/knows-the-time.ts';

export async function load(): Promise<unknown> {
  return [readFileSync, knowsTheTime, await import(process.argv[1]!)];
}
