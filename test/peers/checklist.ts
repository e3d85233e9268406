/** The document: one row for each code, from what Themis and its peers said of the fixtures. Same verdicts, same bytes. */
import type { TrustCode } from '../../src/trust/refusal.ts';
import type { BadFixture } from '../support/trust/bad-fixture.ts';
import type { Peer, Verdict } from './verdict.ts';

/** Verdicts by the fixture's id, in the order of the peers. */
export type Verdicts = ReadonlyMap<string, readonly Verdict[]>;

const words: Readonly<Record<Verdict, string>> = {
  accepts: '**accepts**',
  refuses: 'refuses',
  unread: 'cannot read',
  endless: '**never ends**',
};

const families: readonly (readonly [string, RegExp])[] = [
  ['Encoding', /^DER_/u],
  ['Algorithms and keys', /^(?:ALGORITHM|KEY)_/u],
  ['Signed data', /^CMS_/u],
  ['Timestamps', /^TIMESTAMP_/u],
  ['Certificates', /^(?:CERT|NAME_CONSTRAINT)_/u],
  ['Revocation', /^CRL_/u],
  ['Path and anchors', /^(?:PATH|ANCHORS?)_/u],
  ['Deltas', /^DELTA_/u],
  ['Releases and index', /./u],
];

export function writeChecklist(
  codes: readonly TrustCode[],
  fixtures: readonly BadFixture[],
  peers: readonly Peer[],
  verdicts: Verdicts,
  others: readonly Pick<BadFixture, 'id' | 'code' | 'what'>[],
): string {
  const sections = families.map(([title, pattern], index) => {
    const own = codes.filter(
      (code) => pattern.test(code) && !families.slice(0, index).some(([, other]) => other.test(code)),
    );
    const rows = own.map((code) => rowOf(code, fixtures, peers, verdicts, others));
    const head = ['Refused', 'Code', ...peers.map(({ name }) => name)];
    return own.length === 0 ? '' : [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows, ''].join('\n');
  });
  return `${introduction(fixtures, peers)}\n${sections.filter((text) => text !== '').join('\n')}`;
}

function introduction(fixtures: readonly BadFixture[], peers: readonly Peer[]): string {
  const names = peers.map(({ name, version }) => `${name} ${version}`).join(', ');
  return `# What is refused, and who else refuses it

Written by \`npm run peers\`; edit the fixtures in \`test/support/trust/\`, not this file.

Each item of the checklist has at least one signature that was made right but for that fault (${fixtures.length} in all),
or a right one beside a revocation list that has it. Some faults bring others along: under an Ed25519 key of small order
OpenSSL verifies nothing either, and where a value is missing, whoever reads it later refuses as well. Themis refuses each
with the code of its row. The same bytes were given to ${names},
each with the same anchors, revocation lists and time. "accepts" means that it called the signature good; "cannot read" that it gave up before it could judge; "never ends" that it was stopped after half a minute. A peer
that accepts is not always wrong: not every item is one its standard asks for, and some are this project's own rules.

- node-forge has no verification of its own: \`verify\` throws. It was used as its users do, with
  \`verifyCertificateChain\`, the signature over the attributes and the message digest compared by hand.
- pkijs: \`SignedData.verify\` with \`checkChain\`, every signer.
- openssl: \`openssl cms -verify -binary -purpose any\`, with \`-crl_check_all\` where the fixture has revocation lists. Of
  timestamps in a signature it takes no notice.
- A dash stands where the fault lies in no signature and no revocation list, but in an anchors file, a manifest, a delta or
  an index.
`;
}

function rowOf(
  code: TrustCode,
  fixtures: readonly BadFixture[],
  peers: readonly Peer[],
  verdicts: Verdicts,
  others: readonly Pick<BadFixture, 'id' | 'code' | 'what'>[],
): string {
  const own = [...fixtures, ...others].filter((fixture) => fixture.code === code);
  const texts = own.map(({ what }) => what.replaceAll('|', '\\|'));
  const what = texts.length === 0 ? code.toLowerCase().replaceAll('_', ' ') : texts.join('; ');
  return line([
    what,
    `\`${code}\``,
    ...peers.map((_, peer) => cellOf(own.flatMap(({ id }) => verdicts.get(id)?.[peer] ?? []))),
  ]);
}

function cellOf(found: readonly Verdict[]): string {
  const counts = new Map<Verdict, number>();
  for (const verdict of found) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (counts.size === 0) return '–';
  return [...counts]
    .map(([verdict, count]) => (counts.size === 1 ? words[verdict] : `${words[verdict]} ${count}`))
    .join(', ');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
