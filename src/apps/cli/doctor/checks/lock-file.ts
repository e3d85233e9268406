import { checkLock } from '../../../../desired/check-lock.ts';
import { fine, wrong, type Check, type FleetSurroundings } from '../check.ts';

export const lockFileCheck: Check<FleetSurroundings> = {
  name: 'lock file',
  look({ desired, catalogue }) {
    if (catalogue instanceof Error) {
      const summary = 'The lock cannot be compared: the releases cannot be read.';
      return Promise.resolve(wrong('warning', 'THM6052', summary, 'Mend the releases first.'));
    }
    const findings = checkLock(desired, catalogue).filter(({ severity }) => severity === 'error');
    if (findings.length > 0) {
      return Promise.resolve({
        detail: findings[0]!.summary,
        findings: findings.map((finding) => ({ ...finding, code: 'THM6051' as const })),
      });
    }
    const pins = desired.lock!.packages.map((pin) => `${pin.package} ${pin.version}`);
    return Promise.resolve(fine(`pins ${[...new Set(pins)].join(', ')}`));
  },
};
