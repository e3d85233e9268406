/** A rollout that waits for one tenant and has deferred another: what comes meanwhile is carried out by a new plan. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealFleet } from '../support/real-fleet.ts';

const fleet = new RealFleet();
const slowMs = 120_000;
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

beforeAll(async () => {
  await fleet.make(3);
  expect((await fleet.run('apply', '--auto-approve')).code).toBe(0);
}, slowMs);
afterAll(() => fleet.remove());

test(
  'consent that comes while a window is waited for is heard by the next run, which replaces the one left open',
  async () => {
    await fleet.want('1.5.0');
    const serving = (node: string, tenant: string, text: string) =>
      text.replace(`- name: ${node}\n`, `- name: ${node}\n      tenants: [${tenant}]\n`);
    const roles = await Promise.all(fleet.nodes.map(async (node) => (await fleet.health(node))?.role));
    // The leader comes last anyway.
    const [first, second] = fleet.nodes.filter((_, index) => roles[index] !== 'leader').map(({ name }) => name);
    fleet.write('fleet.yaml', serving(first!, 'later', serving(second!, 'asked', fleet.read('fleet.yaml'))));
    fleet.write('rollout.yaml', fleet.read('rollout.yaml').replace(/- \{ percentage: 20.*\n/u, ''));
    const day = days[(new Date().getUTCDay() + 3) % 7]!;
    const window = `windows: [ { days: [${day}], from: "02:00", to: "06:00", timezone: UTC } ]`;
    const tenant = (name: string, spec: string) =>
      `apiVersion: themis.dev/v1\nkind: Tenant\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
    fleet.write('tenants.yaml', `${tenant('later', window)}---\n${tenant('asked', 'policy: { consent: required }')}`);

    expect((await fleet.run('apply', '--auto-approve', '--no-wait')).code).toBe(9);
    expect(fleet.versions()).toEqual(['1.4.0', '1.4.0', '1.4.0']);
    expect((await fleet.run('approve', 'tenant/asked', '--by', 'o@example.org')).code).toBe(0);
    expect((await fleet.run('apply', '--auto-approve', '--no-wait')).code).toBe(9);
    expect(fleet.versions()).toEqual(fleet.nodes.map(({ name }) => (name === second ? '1.5.0' : '1.4.0')));
    const history = JSON.parse((await fleet.run('history', '-o', 'json')).out) as { end: { result: string } | null }[];
    expect(history.map((one) => one.end?.result)).toEqual([undefined, 'superseded', 'done']);
  },
  slowMs,
);
