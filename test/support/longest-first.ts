/**
 * The order in which files are started: the longest first, so that none of them is left alone at the end, and of those
 * by turns one that waits for real processes and one that computes. Files that are not named here come after them.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'cli/live-gates',
  'cli/live-migration',
  'property/patch/refmix-workers',
  'crash/live-kill',
  'crash/schema-process',
  'contract/patch',
  'cli/live-apply',
  'crash/release-delete',
  'cli/live-rollback',
  'crash/schema-every-query',
  'unit/release/large-files',
  'crash/schema-failing-statements',
  'crash/node-process',
  'contract/schema-writers',
  'cli/live-failure',
  'contract/schema-operations',
  'contract/convert-corpus',
  'property/simulation',
  'cli/live-attacks',
  'cli/migrate-status-undo',
  'unit/patch/refmix-windows',
  'cli/live-cancel',
  'crash/node-every-call',
  'cli/live-demo',
  'contract/delivery',
  'cli/live-sources',
  'contract/xdelta3',
  'cli/live-stages',
  'contract/patch-peers',
  'cli/live-deferral',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? longest.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
