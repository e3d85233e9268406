/**
 * Counters against going back and against being driven ahead. A floor is what a node has seen; below it nothing new is
 * accepted (anti-rollback), and far above it neither: whoever holds a stolen key for a day must not make every later
 * release look old (fast-forward). Where there is no floor yet, at first contact, any counter may be the first.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { ReleaseIndex, ReleaseManifest } from '../../model/release.ts';
import type { Refusal } from '../refusal.ts';

/** The highest counter of a package that was ever installed, and which manifest had it, where that is known. */
export interface CounterFloor {
  readonly counter: number;
  readonly manifestHash: Digest | undefined;
}

/** `floor`: undefined where no release of the package was ever installed. Another release with that counter is no newer one. */
export function checkReleaseCounter(
  manifest: Pick<ReleaseManifest, 'package' | 'version' | 'counter' | 'manifestHash'>,
  floor: CounterFloor | undefined,
  maxJump: number,
): Refusal | undefined {
  if (floor === undefined) return undefined;
  const { package: name, version, counter, manifestHash } = manifest;
  const said = `${name} ${version} has counter ${counter}; this node has seen ${floor.counter}`;
  const isOther = floor.manifestHash !== undefined && floor.manifestHash !== manifestHash;
  if (counter < floor.counter || (counter === floor.counter && isOther)) {
    const newer = `themis release build --counter ${floor.counter + 1}`;
    return {
      ok: false,
      code: 'COUNTER_ROLLED_BACK',
      message: counter < floor.counter ? `${said}.` : `${said} with another release.`,
      fix: `An older release comes back through a restore point only (themis rollback); a newer one is built with: ${newer}`,
    };
  }
  if (counter - floor.counter <= maxJump) return undefined;
  return {
    ok: false,
    code: 'COUNTER_JUMP',
    message: `${said} and takes steps of at most ${maxJump}.`,
    fix: 'If the publisher confirms it, raise limits.maxCounterJump in node.yaml for this release.',
  };
}

/** `seen`: undefined where no index of the product was ever believed. */
export function checkIndexCounter(
  { product, counter }: Pick<ReleaseIndex, 'product' | 'counter'>,
  seen: number | undefined,
  maxJump: number,
): Refusal | undefined {
  if (seen === undefined) return undefined;
  const said = `The index of ${product} has counter ${counter}`;
  if (counter < seen) {
    return {
      ok: false,
      code: 'INDEX_ROLLED_BACK',
      message: `${said}; one with ${seen} was seen before.`,
      fix: `Serve the newest index; one that was lost is made anew with: themis release index --counter ${seen + 1}`,
    };
  }
  if (counter - seen <= maxJump) return undefined;
  return {
    ok: false,
    code: 'INDEX_JUMP',
    message: `${said}; this node has seen ${seen} and takes steps of at most ${maxJump}.`,
    fix: 'If the publisher confirms it, raise limits.maxIndexJump in node.yaml for this index.',
  };
}
