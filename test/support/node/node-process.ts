/**
 * Entry of the process that crash tests kill: handles one request, and ends itself with SIGKILL at the n-th durable
 * append when told so. Production code knows nothing of it.
 */
import type { NodeRequestBody } from '../../../src/model/message.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import type { Killing } from './ask-process.ts';
import { requestOf } from './node-world.ts';
import { processDeps } from './process-world.ts';

const { root, body, killing, url } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly root: string;
  readonly body: NodeRequestBody;
  readonly killing?: Killing;
  /** Where it fetches releases from; absent: out of its memory. */
  readonly url?: string;
};

const deps = url === undefined ? processDeps(root) : (await import('./fetching-world.ts')).fetchingDeps(root, url);
let appends = 0;
const files = {
  ...deps.files,
  async appendDurably(path: string, bytes: Uint8Array) {
    appends += 1;
    if (appends === killing?.append && killing.when === 'before') process.kill(process.pid, 'SIGKILL');
    await deps.files.appendDurably(path, bytes);
    if (appends === killing?.append && killing.when === 'after') process.kill(process.pid, 'SIGKILL');
  },
};

const reply = await handleNodeRequest({ ...deps, files })(requestOf(body));
process.stdout.write(JSON.stringify(reply));
