import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

const soak = process.env['THEMIS_SOAK'] === '1';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/tripwire/**'],
    testTimeout: soak ? 3_600_000 : 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/compile-cache.ts'],
    // Crash tests start many processes; two workers keep a two-core machine honest.
    maxWorkers: 2,
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
