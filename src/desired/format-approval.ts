import type { ApprovalSubject, DesiredApproval } from '../model/desired.ts';

/** The text of an Approval in a file of its own, one field a line, so that a diff reads well. */
export function formatApproval({ name, target, subject, by, reason, expiresAt }: DesiredApproval): string {
  const lines = [
    '# Written by "themis approve". Void once the target digest moves.',
    'apiVersion: themis.dev/v1',
    'kind: Approval',
    'metadata:',
    `  name: ${JSON.stringify(name)}`,
    'spec:',
    '  for:',
    `    target: ${target}`,
    `    ${subjectField(subject)}`,
    `  by: ${JSON.stringify(by)}`,
    `  reason: ${JSON.stringify(reason)}`,
    ...(expiresAt === undefined ? [] : [`  expiresAt: ${expiresAt}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function subjectField(subject: ApprovalSubject): string {
  switch (subject.kind) {
    case 'stage':
      return `stage: ${subject.stage}`;
    case 'step':
      return `step: ${JSON.stringify(subject.step)}`;
    case 'tenant':
      return `tenant: ${JSON.stringify(subject.tenant)}`;
    case 'emergency':
      return 'emergency: true';
  }
}
