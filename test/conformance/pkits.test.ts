import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countHeld, pkitsDirectory, readPkitsCases } from './pkits-cases.ts';
import { closingLine, isConformant, judge, type PkitsSummary, runPkits } from './run-pkits.ts';

const directory = pkitsDirectory();
if (directory === null) console.warn('CONFORMANCE NOT RUN: no data was found; THEMIS_CONFORMANCE names its directory.');

describe.skipIf(directory === null)('NIST PKITS', () => {
  const cases = directory === null ? [] : readPkitsCases(directory);

  it('accepts nothing that is wrong, and refuses nothing that is right but what is excepted', () => {
    const summary = runPkits(cases);
    expect(summary).toMatchObject({ wrongAccepts: [], wrongRejects: [], sources: countHeld(directory!) });
    expect(summary.excepted).toHaveLength(4);
    expect(isConformant(summary, countHeld(directory!))).toBe(true);
  });

  // A verifier that refuses for the wrong reason passes every invalid case.
  it.each([
    ['4.4.1 Missing CRL Test1', 'CRL_MISSING'],
    ['4.4.2 Invalid Revoked CA Test2', 'CERT_ISSUER_REVOKED'],
    ['4.4.3 Invalid Revoked EE Test3', 'CERT_REVOKED'],
    ['4.4.5 Invalid Bad CRL Issuer Name Test5', 'CRL_ISSUER_MISMATCH'],
    ['4.4.10 Invalid Unknown CRL Extension Test10', 'CRL_EXTENSION_CRITICAL'],
    ['4.4.11 Invalid Old CRL nextUpdate Test11', 'CRL_STALE'],
    ['4.4.21 Invalid Separate Certificate and CRL Keys Test21', 'CRL_SIGNER_UNTRUSTED'],
    ['4.7.4 Invalid keyUsage Critical cRLSign False Test4', 'CRL_SIGNER_USAGE'],
    ['4.8.4 Different Policies Test4', 'CERT_POLICY_REQUIRED'],
    ['4.10.7 Invalid Mapping From anyPolicy Test7', 'CERT_POLICY_MAPPING_ANY'],
    ['4.13.2 Invalid DN nameConstraints Test2', 'NAME_CONSTRAINT_NOT_PERMITTED'],
    ['4.13.37 Invalid URI nameConstraints Test37', 'NAME_CONSTRAINT_EXCLUDED'],
    ['4.14.8 Invalid distributionPoint Test8', 'CRL_SCOPE'],
    ['4.14.17 Invalid onlySomeReasons Test17', 'CRL_REASONS'],
    ['4.15.1 Invalid deltaCRLIndicator No Base Test1', 'CRL_DELTA_WITHOUT_BASE'],
  ])('%s is refused with %s, as path and as message', (name, code) => {
    const found = cases.filter(({ id }) => id.endsWith(` ${name}`));
    expect(found.map(judge)).toEqual([code, code]);
  });
});

describe('a conformance run', () => {
  const clean: PkitsSummary = { cases: 3, sources: 3, wrongAccepts: [], wrongRejects: [], excepted: [] };

  it.each([
    ['a wrong accept', { ...clean, wrongAccepts: ['x'] }, 3],
    ['an unexplained wrong reject', { ...clean, wrongRejects: ['x'] }, 3],
    ['fewer cases than are held', clean, 4],
  ])('fails on %s', (_, summary, held) => {
    expect(isConformant(clean, 3)).toBe(true);
    expect(isConformant(summary, held)).toBe(false);
  });

  it('fails where there is no data to run', () => {
    const env = { ...process.env, THEMIS_CONFORMANCE: '/nonexistent' };
    const ran = spawnSync(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], { env });
    expect(ran.status).toBe(1);
    expect(ran.stderr.toString()).toContain('CONFORMANCE NOT RUN');
  });

  it('ends with a line for scripts', () => {
    const line = closingLine({ ...clean, wrongRejects: ['x'], excepted: ['y', 'z'] });
    expect(line).toBe('3 cases, 0 wrong accepts, 1 wrong rejects, 2 excepted');
  });
});
