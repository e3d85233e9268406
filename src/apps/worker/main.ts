/** Where a worker thread starts. It gets bytes and plain data and gives plain data back; it touches nothing else. */
import { serveTasks } from '../../adapters/compute/serve-tasks.ts';
import { tasks, type WorkerTasks } from './tasks/index.ts';

serveTasks<WorkerTasks>(tasks);
