/** Facts about the machine a node runs on. */
import type { Architecture, Platform } from '../model/release.ts';

export interface Machine {
  readonly platform: Platform;
  readonly architecture: Architecture;
  /** Number of the user that this process runs as; null on a system that knows none. */
  readonly user: number | null;
  memory(): { readonly freeBytes: number; readonly totalBytes: number };
}
