/** Facts about the machine a node runs on. */
import type { Architecture, Platform } from '../model/release.ts';

export interface Machine {
  readonly platform: Platform;
  readonly architecture: Architecture;
  memory(): { readonly freeBytes: number; readonly totalBytes: number };
}
