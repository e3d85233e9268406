/**
 * For every test file: the processes that it starts know the built launcher, and keep compiled code in one place.
 * Without it each of them strips and compiles the same sources again, which takes longer than what it is started for.
 */
import { inject } from 'vitest';

process.env['THEMIS_TEST_LAUNCHER'] = inject('launcherFile');
process.env['NODE_COMPILE_CACHE'] = inject('compileCache');
// Where vitest measures it switches the cache off, for what a test starts too.
delete process.env['NODE_DISABLE_COMPILE_CACHE'];
