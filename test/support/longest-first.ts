/**
 * The order in which files are started: the longest first, so that none of them is left alone at the end, and of those
 * by turns one that waits for real processes and one that computes. Files that are not named here come after them.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const longest = [
  'cli/live-gates',
  'crash/node-every-call',
  'crash/live-kill',
  'property/simulation',
  'cli/live-apply',
  'property/fleet-execution',
  'cli/live-rollback',
  'property/judge/false-aborts',
  'cli/apply',
  'property/windows',
  'cli/live-failure',
  'crash/node-process',
  'cli/live-demo',
  'property/stepper-growth',
  'cli/live-stages',
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
