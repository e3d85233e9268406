import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';
import { LongestFirst } from './test/support/longest-first.ts';

const soak = process.env['THEMIS_SOAK'] === '1';

/** Many runs of the same lines, or other processes: `npm run coverage` does without them, as they cover nothing more. */
const unmeasured = ['test/{cli,contract,crash,property}/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: soak ? 3_600_000 : 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/built-package.ts'],
    setupFiles: ['test/support/child-environment.ts'],
    // For two cores: tests on real servers wait a lot, but an election that starves is no fault of what is tested.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'measured',
          include: ['test/**/*.test.ts'],
          exclude: ['test/tripwire/**', ...unmeasured],
          // Nearly all of what they test is pure, and loading it anew for each file takes longer than testing it.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'unmeasured', include: unmeasured } },
    ],
    coverage: {
      provider: 'v8',
      include: [
        'src/{kernel,model,wire,trust,observe,resolve,windows,judge,saga,report,patch,migrate,actions,desired,plan}/**/*.ts',
      ],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
  },
});
