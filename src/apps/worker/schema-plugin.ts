/** Where the worker thread of one call of a plug-in starts. */
import { servePlugin } from '../../adapters/schema-plugins/serve-plugin.ts';

await servePlugin();
