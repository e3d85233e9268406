import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fine, wrong, type Check, type Surroundings } from '../check.ts';

/** The first with everything that Themis asks of git: `init --initial-branch`. */
const oldest = [2, 28] as const;

export const gitCheck: Check<Surroundings> = {
  name: 'git',
  async look({ session }) {
    const fix = `Install git ${oldest.join('.')} or newer, and put it on PATH.`;
    let text: string;
    try {
      const env = { ...session.environment, LC_ALL: 'C' };
      text = (await promisify(execFile)('git', ['--version'], { env, timeout: 10_000 })).stdout.trim();
    } catch {
      return wrong('error', 'THM6003', 'The git program does not run.', fix);
    }
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/u.exec(text) ?? [];
    const old = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
    return old ? wrong('error', 'THM6004', `${text} is too old.`, fix) : fine(text);
  },
};
