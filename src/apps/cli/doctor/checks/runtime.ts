import { existsSync } from 'node:fs';
import { fine, wrong, type Check, type Surroundings } from '../check.ts';

const oldestMajor = 26;

/** Themis starts itself again for every operation on a node, so both files must still be there. */
export const runtimeCheck: Check<Surroundings> = {
  name: 'runtime',
  look({ session }) {
    const { runtimeVersion, runtimeBinary, launcherFile, themisVersion } = session;
    const fix = 'Run `npm ci` in the directory of Themis, or install Node.js 26.';
    if (Number.parseInt(runtimeVersion, 10) < oldestMajor) {
      const summary = `Node.js ${runtimeVersion} runs Themis; it needs ${oldestMajor} or newer.`;
      return Promise.resolve(wrong('error', 'THM6001', summary, fix));
    }
    const gone = [runtimeBinary, launcherFile].find((file) => !existsSync(file));
    if (gone !== undefined) return Promise.resolve(wrong('error', 'THM6002', `${gone} is gone.`, fix));
    return Promise.resolve(fine(`Themis ${themisVersion} on Node.js ${runtimeVersion} (${runtimeBinary})`));
  },
};
