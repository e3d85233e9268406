import { keyPlace, valueAt, type Rule } from './rule.ts';

/** What opens every window and passes every consent ends by itself. */
export const approvalExpiry: Rule = {
  name: 'approval-expiry',
  *check(world) {
    for (const approval of world.documents('Approval')) {
      if (valueAt(approval.value, 'spec', 'for', 'emergency') !== true) continue;
      if (valueAt(approval.value, 'spec', 'expiresAt') !== undefined) continue;
      yield {
        code: 'THM1245',
        summary: 'The emergency approval never expires.',
        fix: 'Write an expiresAt a few hours ahead, such as expiresAt: 2026-12-01T00:00:00Z.',
        at: keyPlace(approval, 'spec', 'for', 'emergency'),
      };
    }
  },
};
