/** From a key that was made in a token to a node that runs what it signed: the way of a release with an HSM. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveFleet } from '../support/live/live-fleet.ts';
import { startThemis, type Ran } from '../support/live/live-process.ts';
import { hasSoftHsm, issueForPublicKey, makeToken, softHsmModule, tokenPin } from '../support/signer/soft-hsm.ts';

describe.skipIf(!hasSoftHsm)('a release signed in a token', () => {
  let fleet: LiveFleet;
  let environment: Record<string, string>;
  let signing: string[];

  beforeAll(async () => {
    fleet = await LiveFleet.make({ nodes: 1 });
    const token = makeToken(fleet.base);
    const authority = { key: fleet.file('keys/ca.key.pem'), certificate: fleet.file('keys/ca.certificate.pem') };
    const publicKey = token.makeKey('EC:prime256v1', 'signer-2026', '01');
    const certificate = issueForPublicKey(fleet.base, 'signer-2026', publicKey, authority);
    signing = ['--pkcs11', softHsmModule, '--token', token.label, '--key', 'signer-2026', '--certificate', certificate];
    environment = { SOFTHSM2_CONF: token.configuration, THEMIS_PKCS11_PIN: tokenPin };
  }, 180_000);
  afterAll(async () => {
    await fleet.remove();
  });

  const themis = async (line: readonly string[], changed: Record<string, string> = {}): Promise<Ran> =>
    await startThemis(fleet.directory, { ...fleet.environment, ...environment, ...changed }, line).ended;

  test('is installed by a node that was made before the key was; with a wrong PIN there is nothing to install', async () => {
    const release = await fleet.buildRelease('1.6.0');
    const refused = await themis(['release', 'sign', release, ...signing], { THEMIS_PKCS11_PIN: '000000' });
    expect(refused.code).toBe(4);
    expect(refused.err).toContain('SIGNER_PIN_WRONG');
    expect(refused.err).toContain('hint: ');
    expect((await themis(['release', 'verify', release, '--anchors', 'keys/anchors.json'])).code).toBe(4);

    expect(await themis(['release', 'sign', release, ...signing])).toMatchObject({ code: 0, err: '' });
    const anchors = ['--anchors', 'keys/anchors.json'];
    expect(await themis(['release', 'index', 'releases', ...signing, ...anchors])).toMatchObject({ code: 0, err: '' });
    await fleet.askFor('1.6.0');
    const applied = await fleet.themis('apply', '--auto-approve');
    expect(applied.code, applied.err).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.6.0'));
  }, 120_000);
});
