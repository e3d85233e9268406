/** Where the worker thread of an embedded database starts. */
import { servePglite } from '../../adapters/database/serve-pglite.ts';
import { emptyDatabaseFile } from '../package-files.ts';

await servePglite(emptyDatabaseFile);
