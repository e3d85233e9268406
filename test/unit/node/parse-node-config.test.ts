import { expect, test } from 'vitest';
import { parseNodeConfig } from '../../../src/node/config/parse-node-config.ts';
import { nodeSchema } from '../../support/node/node-world.ts';

const parse = (text: string) => parseNodeConfig({ path: 'node.yaml', text }, '/srv/db', nodeSchema);
const codes = (text: string): string[] => {
  const parsed = parse(text);
  return parsed.kind === 'findings'
    ? parsed.findings.map(({ code, source }) => `${code} ${source?.line}:${source?.col}`)
    : [];
};
const head = 'apiVersion: themis.dev/v1\nkind: Node\nname: node-a\n';

test('what is left out has its default; directories start at the root', () => {
  const parsed = parse(`${head}service: { manager: none }\ndirectories: { install: ../opt/db, trust: /etc/themis }\n`);
  expect(parsed).toEqual({
    kind: 'config',
    config: {
      name: 'node-a',
      directories: {
        install: '/srv/opt/db',
        state: '/srv/db/state',
        downloads: '/srv/db/downloads',
        trust: '/etc/themis',
      },
      service: { kind: 'none' },
      stopTimeoutMs: 30_000,
      endpoints: {},
      drainTimeoutMs: 30_000,
      sources: { ca: null, proxy: null, noProxy: null, tokens: [] },
      limits: { freeSpaceFactor: 2, maxReleaseBytes: null, maxCounterJump: 1000, maxIndexJump: 100_000 },
      delivery: {
        concurrency: 8,
        perHost: 6,
        bandwidth: null,
        memoryBytes: 64 * 2 ** 20,
        patchMemoryBytes: 2 ** 30,
        resumeBlockBytes: 16 * 2 ** 20,
        order: ['executable', 'library', 'config', 'data'],
        retries: 5,
        timeoutMs: 21_600_000,
        minimumRate: 1024,
      },
      products: null,
      platform: null,
      architecture: null,
    },
  });
});

test('a supervised service with everything written out', () => {
  const parsed = parse(
    `${head}service:
  manager: supervised
  command: [./bin/server, --config, /etc/server.conf]
  environment: { MODE: fast }
  workingDirectory: work
  stopTimeout: 1m30s
endpoints:
  health: { url: "http://127.0.0.1:8765/health" }
  drain: { command: [drain, --all] }
limits: { freeSpaceFactor: 3, maxReleaseSize: 1GiB, maxCounterJump: 5, maxIndexJump: 6 }
products: [themisdb, themis-query]
platform: linux
architecture: arm64
`,
  );
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.findings));
  expect(parsed.config.service).toEqual({
    kind: 'supervised',
    command: ['./bin/server', '--config', '/etc/server.conf'],
    environment: { THEMIS_NODE_NAME: 'node-a', THEMIS_NODE_ROOT: '/srv/db', MODE: 'fast' },
    workingDirectory: '/srv/db/work',
    directory: '/srv/db/state/service',
  });
  expect(parsed.config.endpoints).toEqual({
    health: { kind: 'http', method: 'GET', url: 'http://127.0.0.1:8765/health' },
    drain: { kind: 'command', command: ['drain', '--all'] },
  });
  expect(parsed.config).toMatchObject({
    stopTimeoutMs: 90_000,
    limits: { freeSpaceFactor: 3, maxReleaseBytes: 2 ** 30, maxCounterJump: 5, maxIndexJump: 6 },
    products: ['themisdb', 'themis-query'],
    platform: 'linux',
    architecture: 'arm64',
  });
});

test('how releases are fetched is said in sizes and durations, and a limit of nothing is none', () => {
  const delivery =
    '{ concurrency: 3, perHost: 2, bandwidth: 50MiB, memory: 1MiB, patchMemory: 2GB, resumeBlock: 64kB, order: [data], retries: 0, timeout: 1h30m, minimumRate: 0B }';
  const parsed = parse(`${head}service: { manager: none }\ndelivery: ${delivery}\n`);
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.findings));
  expect(parsed.config.delivery).toEqual({
    concurrency: 3,
    perHost: 2,
    bandwidth: 50 * 2 ** 20,
    memoryBytes: 2 ** 20,
    patchMemoryBytes: 2_000_000_000,
    resumeBlockBytes: 64_000,
    order: ['data'],
    retries: 0,
    timeoutMs: 5_400_000,
    minimumRate: 0,
  });
  for (const wrong of ['bandwidth: 0B', 'memory: 0.0 GiB', 'concurrency: 0', 'order: [data, data]', 'timeout: 1']) {
    expect(codes(`${head}service: { manager: none }\ndelivery: { ${wrong} }\n`)).toEqual([expect.any(String)]);
  }
});

test('how releases are reached is the business of the node', () => {
  const parsed = parse(`${head}service: { manager: none }
sources:
  ca: ca.pem
  proxy: http://user:pw@proxy:3128
  noProxy: [example.org, "*.internal"]
  tokens:
    - { url: "https://releases.example.org/db", tokenFrom: { file: secrets/token } }
    - { url: "https://api.github.com", tokenFrom: { env: TOKEN } }
`);
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.findings));
  expect(parsed.config.sources).toEqual({
    ca: '/srv/db/ca.pem',
    proxy: 'http://user:pw@proxy:3128',
    noProxy: ['example.org', '*.internal'],
    tokens: [
      { url: 'https://releases.example.org/db', tokenFrom: { file: '/srv/db/secrets/token' } },
      { url: 'https://api.github.com', tokenFrom: { env: 'TOKEN' } },
    ],
  });
});

test('what is wrong about it is found, and nothing of it is shown', () => {
  const parsed = parse(`${head}service: { manager: none }
sources:
  proxy: htp://user:hunter22@proxy
  tokens:
    - { url: "https://user:hunter22@h/", tokenFrom: { env: A, file: b } }
    - { url: "https://h/?token=hunter22", tokenFrom: hunter22 }
    - { tokenFrom: { env: "" } }
`);
  if (parsed.kind !== 'findings') throw new Error('accepted');
  expect(parsed.findings.map(({ code, source }) => `${code} ${source?.line}`)).toEqual([
    'THM4005 6',
    'THM4005 8',
    'THM4006 8',
    'THM4005 9',
    'THM4005 9',
    'THM4003 10',
    'THM4005 10',
  ]);
  expect(parsed.findings.map(({ summary, fix }) => summary + fix).join()).not.toContain('hunter22');
  expect(parsed.findings.find(({ code }) => code === 'THM4006')?.fix).toBe('Write either env or file.');
});

test('every problem is found at once, with its place', () => {
  expect(
    codes(`${head}service: { manager: none, stopTimeout: soon }
endpoint: {}
drainTimeout: 30
endpoints: { health: {} }
platform: lunix
`),
  ).toEqual(['THM4005 4:40', 'THM4002 5:1', 'THM4005 6:15', 'THM4006 7:14', 'THM4004 8:11']);
});

test('each manager says what it needs', () => {
  expect(codes(`${head}service: { manager: supervised }\n`)).toEqual(['THM4007 4:21']);
  expect(codes(`${head}service: { manager: command, start: [a] }\n`)).toHaveLength(2);
});

test('directories that overlap the installed files are refused', () => {
  const service = 'service: { manager: none }\n';
  expect(codes(`${head}${service}directories: { state: install/state }\n`)).toEqual(['THM4008 5:23']);
  expect(codes(`${head}${service}directories: { install: state }\n`)).toHaveLength(1);
  expect(codes(`${head}${service}directories: { install: trust/../state/x }\n`)).toHaveLength(1);
  expect(codes(`${head}${service}directories: { install: / }\n`)).toHaveLength(4);
});

test('an install directory in which a release could replace node.yaml is refused', () => {
  const apart = 'state: /a, downloads: /b, trust: /c';
  for (const install of ['.', '..', '/']) {
    const text = `${head}service: { manager: none }\ndirectories: { ${apart}, install: ${install} }\n`;
    expect(codes(text).filter((code) => code.startsWith('THM4008'))).not.toEqual([]);
  }
  expect(codes(`${head}service: { manager: none }\ndirectories: { ${apart}, install: /d }\n`)).toEqual([]);
});

test('what is not YAML or misses its head', () => {
  expect(codes('name: [')).not.toEqual([]);
  expect(codes('kind: Node\n')).toEqual(expect.arrayContaining([expect.stringContaining('THM4003')]));
  expect(codes(`${head}name: twice\nservice: { manager: none }\n`)).toEqual(['THM4001 4:1']);
});
