import os from 'node:os';
import { ThemisError } from '../../kernel/error.ts';
import type { Architecture, Platform } from '../../model/release.ts';
import type { Machine } from '../../ports/machine.ts';

const platforms: Partial<Record<string, Platform>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };
const architectures: Partial<Record<string, Architecture>> = { x64: 'x64', arm64: 'arm64' };

/** This machine. PLATFORM_MISMATCH where Themis has no name for what it runs on. */
export function createMachine(): Machine {
  const platform = platforms[process.platform];
  const architecture = architectures[process.arch];
  if (platform === undefined || architecture === undefined) {
    throw new ThemisError('PLATFORM_MISMATCH', `Themis does not know the machine ${process.platform}/${process.arch}.`);
  }
  return {
    platform,
    architecture,
    user: process.geteuid?.() ?? null,
    memory: () => ({ freeBytes: process.availableMemory(), totalBytes: os.totalmem() }),
  };
}
