import { serveTasks } from '../../../src/adapters/compute/serve-tasks.ts';
import { type TestTasks, testTasks } from './tasks.ts';

serveTasks<TestTasks>(testTasks);
