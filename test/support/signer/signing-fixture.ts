/** A built, unsigned release beside an authority of its own, and what becomes of it when it is signed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueKeys } from '../../../src/adapters/signer/issue-keys.ts';
import { runCommand, type Ran } from '../run-command.ts';
import type { Authority } from './soft-hsm.ts';

const dayMs = 86_400_000;

export class SigningFixture {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'themis-signing-')));
  readonly authority: Authority = { key: join(this.root, 'ca.key.pem'), certificate: join(this.root, 'ca.pem') };
  /** Certificates are made by openssl, which takes the clock of the machine. */
  readonly #nowMs = Date.now() + 60_000;

  static async make(): Promise<SigningFixture> {
    const fixture = new SigningFixture();
    const options = { nowMs: Date.now(), caValidMs: 90 * dayMs, signerValidMs: 30 * dayMs };
    const issued = await issueKeys({ name: 'Test CA', algorithm: 'ecdsa-p256', ...options });
    writeFileSync(fixture.authority.key, issued.caKey, { mode: 0o600 });
    writeFileSync(fixture.authority.certificate, issued.caCertificate);
    writeFileSync(fixture.file('anchors.json'), issued.anchors);
    writeFileSync(fixture.file('signer.key'), issued.signerKey, { mode: 0o600 });
    writeFileSync(fixture.file('signer.pem'), issued.signerCertificate);
    mkdirSync(fixture.file('release'));
    writeFileSync(fixture.file('release/data.txt'), 'x');
    const built = await fixture.themis(['build', 'release', '--package', 'themisdb', '--version', '1.5.0']);
    if (built.exitCode !== 0) throw new Error(built.err);
    return fixture;
  }

  file(path: string): string {
    return join(this.root, path);
  }

  async themis(line: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
    const all = { PATH: process.env['PATH'] ?? '', ...environment };
    return await runCommand(this.root, ['release', ...line], this.#nowMs, all);
  }

  async sign(line: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
    return await this.themis(['sign', 'release', ...line], environment);
  }

  async verify(): Promise<number> {
    return (await this.themis(['verify', 'release', '--anchors', 'anchors.json'])).exitCode;
  }

  /** Everything in the release's directory, with what is in it. */
  contents(): Record<string, string> {
    const names = readdirSync(this.file('release'));
    return Object.fromEntries(names.map((name) => [name, readFileSync(this.file(`release/${name}`), 'base64')]));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
