/** What `release delta` says of what it made. */
import { formatDuration } from '../../../kernel/units/duration.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { MadeDelta } from '../../../release/delta/make-delta.ts';

export interface DeltaResult extends MadeDelta {
  /** Relative to the directory of releases; null where nothing was worth writing. */
  readonly directory: string | null;
  readonly changed: boolean;
  readonly isSigned: boolean;
}

/** `shown`: a path of the directory of releases, as the user would name it. */
export function deltaText(result: DeltaResult, shown: (path: string) => string): string {
  const { delta, directory, changed, isSigned, reused, whole } = result;
  const title = `${delta.package} ${delta.from} to ${delta.to} (${delta.platform}/${delta.architecture})`;
  if (directory === null) return `${title}: no patch is worth it, or there was no time; nothing was written.\n`;
  const { patchBytes, targetBytes } = totalsOf(result);
  const share = ((100 * patchBytes) / targetBytes).toFixed(1);
  const path = shown(directory);
  const kept = result.patches.filter(({ wasThere }) => wasThere).length;
  const lines = [
    title,
    `  ${files(delta.files.length)} patched: ${formatSize(patchBytes)} in place of ${formatSize(targetBytes)} (${share} %)`,
    `  ${files(reused.length)} unchanged, ${files(whole.length)} whole`,
    ...(kept === 0 ? [] : [`  ${files(kept)} with the patch that was there: none was made that is smaller`]),
    `${changed ? 'Wrote' : 'Unchanged:'} ${path}${isSigned ? '' : ' (unsigned)'}`,
    ...(isSigned ? [] : [`Next: themis release sign ${path} --key FILE --certificate FILE, then themis release index`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function deltaJson(result: DeltaResult): object {
  const { delta, directory, changed, isSigned: signed, reused, whole, attempts } = result;
  const { product, package: name, platform, architecture, from, to } = delta;
  return {
    product,
    package: name,
    platform,
    architecture,
    from,
    to,
    directory,
    changed,
    signed,
    ...totalsOf(result),
    files: delta.files.map(({ path, basePath, algorithm, patchSize, targetSize }, index) => {
      const kept = result.patches[index]!.wasThere;
      return { path, basePath: basePath ?? path, algorithm, patchSize, targetSize, kept };
    }),
    unchanged: reused.length,
    whole: whole.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    attempts,
  };
}

function totalsOf({ delta, patches }: MadeDelta): { readonly patchBytes: number; readonly targetBytes: number } {
  const distinct = new Map(patches.map(({ patch, patchHash }) => [patchHash, patch.length]));
  return {
    patchBytes: [...distinct.values()].reduce((sum, size) => sum + size, 0),
    targetBytes: delta.files.reduce((sum, { targetSize }) => sum + targetSize, 0),
  };
}

/** What the result may be smaller for with more time, and what failed. */
export function deltaNotes(results: readonly DeltaResult[], budgetMs: number): string[] {
  const attempts = results.flatMap((result) => result.attempts);
  const parts = (['cut off', 'no time'] as const).flatMap((why) => {
    const late = attempts.filter(({ result }) => result === why);
    const what = why === 'cut off' ? 'was cut off' : 'was not tried';
    const byAlgorithm = Map.groupBy(late, ({ algorithm }) => algorithm);
    return [...byAlgorithm].map(([algorithm, each]) => `${algorithm} ${what} on ${files(each.length)}`);
  });
  const failed = attempts.filter(({ result }) => result === 'failed');
  return [
    ...(parts.length === 0
      ? []
      : [`After ${formatDuration(budgetMs)} ${parts.join(', ')}. A larger --budget may help.`]),
    ...failed.map(({ path, algorithm, detail }) => `warning: ${algorithm} failed on ${path}: ${detail}`),
  ];
}

function files(count: number): string {
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}
