/**
 * Fault injection: every effect of a world goes through one fuse, which at the n-th effect kills the process, fails
 * the call, or fills the disk, before or after it happened. A killed process does nothing more: its calls never
 * return, as nothing returns to a dead one.
 */
import { ThemisError } from '../../../src/kernel/error.ts';
import type { Endpoint } from '../../../src/ports/endpoint.ts';
import type { FileSystem } from '../../../src/ports/file-system.ts';
import type { ServiceControl } from '../../../src/ports/service-control.ts';

export interface Fault {
  /** From 1. */
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly kind: 'kill' | 'fail' | 'fail-from-here' | 'full' | 'full-from-here';
}

export class Fuse {
  effects = 0;
  dead = false;
  /** The effect that was hit. */
  hit: string | undefined;
  readonly died: Promise<'died'>;
  #die: (value: 'died') => void = () => {};
  readonly #fault: Fault | undefined;

  constructor(fault?: Fault) {
    this.#fault = fault;
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  async effect<T>(name: string, takesSpace: boolean, work: () => Promise<T>): Promise<T> {
    if (this.dead) return never();
    const fault = this.#fault;
    if (fault === undefined || (fault.kind.startsWith('full') && !takesSpace)) return this.alive(work);
    this.effects += 1;
    const lasts = fault.kind.endsWith('from-here');
    if (this.effects !== fault.at && !(lasts && this.effects > fault.at)) return this.alive(work);
    this.hit ??= `${this.effects} ${name}`;
    if (fault.when === 'after') await work();
    if (fault.kind === 'kill') {
      this.dead = true;
      this.#die('died');
      return never();
    }
    throw new ThemisError(fault.kind.startsWith('full') ? 'NO_SPACE' : 'IO', `injected at ${this.hit}`);
  }

  /** Reads too end with the process. */
  async alive<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) return never();
    const result = await work();
    return this.dead ? never() : result;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}

const spaceTaking = new Set(['makeDirectory', 'writeFile', 'writeStream', 'appendDurably', 'copyFile', 'copyHashed']);
const mutating = new Set([
  ...spaceTaking,
  'truncateFile',
  'rename',
  'setMode',
  'removeFile',
  'removeEmptyDirectory',
  'removeTree',
  'syncFile',
  'syncDirectory',
]);

/** A crash between a write and its sync shows what was not synced, so syncs count as effects. */
export function fusedFileSystem(inner: FileSystem, fuse: Fuse): FileSystem {
  return new Proxy(inner, {
    get(target, name: keyof FileSystem) {
      if (name === 'readChunks')
        return (path: string, limit: number) => fusedChunks(target.readChunks(path, limit), fuse);
      if (name === 'openGrowing') return fusedGrowing(target, fuse);
      // No effect, and not asynchronous.
      if (name === 'uniqueName') return () => target.uniqueName();
      const method = (target[name] as (...given: unknown[]) => Promise<unknown>).bind(target);
      return (...given: unknown[]) =>
        mutating.has(name)
          ? fuse.effect(`${name} ${String(given[0])}`, spaceTaking.has(name), () => method(...given))
          : fuse.alive(() => method(...given));
    },
  });
}

async function* fusedChunks(chunks: AsyncIterable<Uint8Array>, fuse: Fuse): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield await fuse.alive(async () => chunk);
}

function fusedGrowing(inner: FileSystem, fuse: Fuse): FileSystem['openGrowing'] {
  return async (path, keptBytes) => {
    const file = await fuse.effect(`openGrowing ${path}`, true, () => inner.openGrowing(path, keptBytes));
    return {
      write: (chunks) => fuse.effect(`write ${path}`, true, () => file.write(chunks)),
      sync: () => fuse.effect(`sync ${path}`, false, () => file.sync()),
      seal: (mode) => fuse.effect(`seal ${path}`, false, () => file.seal(mode)),
      close: () => fuse.alive(() => file.close()),
    };
  };
}

export function fusedService(inner: ServiceControl, fuse: Fuse): ServiceControl {
  return {
    status: () => fuse.alive(() => inner.status()),
    start: () => fuse.effect('service start', false, () => inner.start()),
    stop: (timeoutMs) => fuse.effect('service stop', false, () => inner.stop(timeoutMs)),
  };
}

export function fusedEndpoint(inner: Endpoint, fuse: Fuse): Endpoint {
  return {
    call: (endpoint, timeoutMs) =>
      endpoint.kind === 'http' && endpoint.method === 'POST'
        ? fuse.effect(`POST ${endpoint.url}`, false, () => inner.call(endpoint, timeoutMs))
        : fuse.alive(() => inner.call(endpoint, timeoutMs)),
  };
}
