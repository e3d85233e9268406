/** The rules, in no particular order: findings are sorted by place afterwards. A new rule is one file and one line. */
import { approvalExpiry } from './approval-expiry.ts';
import { checkFields } from './check-fields.ts';
import { databaseEngine } from './schema/database-engine.ts';
import { duplicateDocuments } from './duplicate-documents.ts';
import { duplicateNodes } from './duplicate-nodes.ts';
import { gateLimits } from './gate-limits.ts';
import { lockPins } from './lock-pins.ts';
import { migrationOrder } from './schema/migration-order.ts';
import { migrationGaps } from './schema/migration-gaps.ts';
import { migrationReleases } from './schema/migration-releases.ts';
import { pluginNames } from './schema/plugin-names.ts';
import { oneFleet } from './one-fleet.ts';
import type { Rule } from './rule.ts';
import { stageShares } from './stage-shares.ts';
import { stageTimes } from './stage-times.ts';
import { tenantTimes } from './tenant-times.ts';
import { unavailableShare } from './unavailable-share.ts';
import { unknownReferences } from './unknown-references.ts';

export const rules = [
  oneFleet,
  duplicateDocuments,
  duplicateNodes,
  unknownReferences,
  stageShares,
  stageTimes,
  unavailableShare,
  gateLimits,
  tenantTimes,
  approvalExpiry,
  checkFields,
  databaseEngine,
  migrationOrder,
  migrationGaps,
  migrationReleases,
  pluginNames,
  lockPins,
] as const satisfies readonly Rule[];
