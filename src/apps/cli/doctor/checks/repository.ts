import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatInstant } from '../../../../kernel/units/instant.ts';
import { formatDuration } from '../../../../kernel/units/duration.ts';
import { fine, wrong, type Check, type FleetSurroundings } from '../check.ts';

export const repositoryCheck: Check<FleetSurroundings> = {
  name: 'repository',
  look({ directory, source }) {
    const { revision, dirty } = source;
    if (revision === null) {
      const summary = `${directory} has no commit, so nobody can review what runs or go back to it.`;
      return Promise.resolve(
        wrong('warning', 'THM6031', summary, 'Run: git init && git add --all && git commit -m "Describe the fleet"'),
      );
    }
    if (dirty) {
      const summary = `The work tree differs from commit ${revision.slice(0, 10)}.`;
      return Promise.resolve(
        wrong('warning', 'THM6032', summary, 'Commit or undo the changes before you apply: see `git status`.'),
      );
    }
    return Promise.resolve(fine(`commit ${revision.slice(0, 10)}, nothing uncommitted`));
  },
};

const toleratedMs = 2 * 60_000;

/** A file or a node's answer from the future: this clock is behind, or theirs is ahead. */
export const skewCheck: Check<FleetSurroundings> = {
  name: 'skew',
  async look({ session, directory, files, observed }) {
    const nowMs = session.clock.nowMs();
    let newest = { atMs: 0, what: 'nothing' };
    for (const path of files) {
      const { mtimeMs } = await stat(join(directory, path));
      if (mtimeMs > newest.atMs) newest = { atMs: mtimeMs, what: path };
    }
    for (const node of observed.nodes) {
      const point = node.reachable ? node.restorePoints[0] : undefined;
      const atMs = point === undefined ? 0 : Temporal.Instant.from(point.createdAt).epochMilliseconds;
      if (atMs > newest.atMs) newest = { atMs, what: `restore point ${point!.id} of ${node.name}` };
    }
    const aheadMs = Math.floor(newest.atMs - nowMs);
    if (aheadMs <= toleratedMs) return fine('no file and no restore point is from the future');
    const summary = `${newest.what} is from ${formatInstant(Math.floor(newest.atMs))}, ${formatDuration(aheadMs)} ahead of the clock.`;
    return wrong('warning', 'THM6013', summary, 'Compare the clock of this machine with a time server.');
  },
};
