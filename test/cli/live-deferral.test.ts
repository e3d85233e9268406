/** A rollout that waits for one tenant and has deferred another: what comes meanwhile is carried out by a new plan. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveFleet } from '../support/live/live-fleet.ts';

const slowMs = 120_000;
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 3 });
}, slowMs);
afterAll(() => fleet.remove());

test(
  'consent that comes while a window is waited for is heard by the next run, whether the one before was left open or over',
  async () => {
    await fleet.askFor('1.5.0');
    // Whoever leads comes last: of two that ask one goes, or both.
    const [later, ...asking] = fleet.nodes.map(({ name }) => name);
    const serving = (node: string, tenant: string, text: string) =>
      text.replace(`- name: ${node}\n`, `- name: ${node}\n      tenants: [${tenant}]\n`);
    fleet.edit('fleet.yaml', (text) => {
      const served = asking.reduce((whole, node) => serving(node, 'asked', whole), text);
      return serving(later!, 'later', served);
    });
    const day = days[(new Date().getUTCDay() + 3) % 7]!;
    const window = `windows: [ { days: [${day}], from: "02:00", to: "06:00", timezone: UTC } ]`;
    const tenant = (name: string, spec: string) =>
      `apiVersion: themis.dev/v1\nkind: Tenant\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
    fleet.write('tenants.yaml', `${tenant('later', window)}---\n${tenant('asked', 'policy: { consent: required }')}`);
    fleet.commit('Serve two tenants');

    expect((await fleet.themis('apply', '--auto-approve', '--no-wait')).code).toBe(9);
    expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
    expect((await fleet.themis('approve', 'tenant/asked', '--by', 'o@example.org')).code).toBe(0);
    expect((await fleet.themis('apply', '--auto-approve', '--no-wait')).code).toBe(9);
    const versions = await fleet.serving();
    expect(versions[later!]).toBe('1.4.0');
    expect(asking.map((node) => versions[node])).toContain('1.5.0');
    const [second, first, made] = (await fleet.history()).map(({ end }) => end?.result);
    expect([second, made]).toEqual([undefined, 'done']);
    // Where the node with the window leads, the first run had nothing to wait for and was over.
    expect(['superseded', 'not-finished']).toContain(first);
  },
  slowMs,
);
