import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeService } from '../../src/adapters/service-control/fake.ts';
import { createServiceControl } from '../../src/adapters/service-control/index.ts';
import { processStart } from '../../src/adapters/service-control/process-identity.ts';
import type { ServiceControl, ServiceSpec } from '../../src/ports/service-control.ts';
import { eventually } from '../support/eventually.ts';

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-service-')));
});
afterEach(async () => {
  await supervised().stop(2000);
  await rm(directory, { recursive: true, force: true });
});

const supervisedSpec = (command: readonly string[]): ServiceSpec => ({
  kind: 'supervised',
  command,
  environment: { GREETING: 'hello' },
  workingDirectory: directory,
  directory: path.join(directory, 'service'),
});

function supervised(command: readonly string[] = ['/bin/sh', '-c', 'echo $GREETING; exec sleep 60']): ServiceControl {
  return createServiceControl(supervisedSpec(command));
}

/** A manager of three scripts around a file that says whether the service runs. */
async function byCommands(): Promise<ServiceControl> {
  const script = async (name: string, text: string): Promise<string[]> => {
    const file = path.join(directory, name);
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
    return [file];
  };
  return createServiceControl({
    kind: 'command',
    start: await script('start', 'test ! -e running && echo start >> calls && touch running'),
    stop: await script('stop', 'echo stop >> calls && rm running'),
    status: await script('status', 'test -e running || exit 3'),
    environment: {},
    workingDirectory: directory,
  });
}

const subjects: Record<string, () => Promise<ServiceControl>> = {
  fake: async () => new FakeService(),
  supervised: async () => supervised(),
  command: byCommands,
};

describe.each(Object.keys(subjects))('service control: %s', (name) => {
  test('starts what is stopped and stops what runs; the second time nothing happens', async () => {
    const service = await subjects[name]!();
    expect(await service.status()).toEqual({ kind: 'stopped' });
    expect(await service.start()).toEqual({ started: true });
    expect((await service.status()).kind).toBe('running');
    expect(await service.start()).toEqual({ started: false });
    expect(await service.stop(5000)).toEqual({ stopped: true });
    expect(await service.status()).toEqual({ kind: 'stopped' });
    expect(await service.stop(5000)).toEqual({ stopped: false });
    expect(await service.start()).toEqual({ started: true });
    await service.stop(5000);
  });
});

describe('supervised', () => {
  const pidOf = async (service: ServiceControl): Promise<number> => {
    const status = await service.status();
    if (status.kind !== 'running' || status.pid === null) throw new Error(status.kind);
    return status.pid;
  };

  test('the process outlives the object that started it, and its log is appended to', async () => {
    await supervised().start();
    const pid = await pidOf(supervised());
    expect(await processStart(pid)).not.toBeNull();
    await supervised().stop(5000);
    await supervised().start();
    const log = path.join(directory, 'service', 'service.log');
    expect(
      await eventually(
        () => readFile(log, 'utf8'),
        (text) => text === 'hello\nhello\n',
      ),
    ).toBe('hello\nhello\n');
  });

  test('what does not heed SIGTERM is killed after the limit, with all it started', async () => {
    const service = supervised(['/bin/sh', '-c', 'trap "" TERM; sleep 61 & echo $! > child; wait; wait']);
    await service.start();
    const child = await eventually(
      () => readFile(path.join(directory, 'child'), 'utf8').catch(() => ''),
      (text) => text.endsWith('\n'),
    );
    expect(await service.stop(100)).toEqual({ stopped: true });
    await eventually(
      () => processStart(Number(child)),
      (start) => start === null,
    );
  });

  test('a pid that now belongs to another process is not the service', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      await mkdir(path.join(directory, 'service'));
      await writeFile(path.join(directory, 'service', 'pid'), `${other.pid} another-boot/1\n`);
      expect(await supervised().status()).toEqual({ kind: 'stopped' });
      expect(await supervised().stop(100)).toEqual({ stopped: false });
      expect(other.exitCode).toBeNull();
      expect(await supervised().start()).toEqual({ started: true });
      expect(await pidOf(supervised())).not.toBe(other.pid);
    } finally {
      other.kill('SIGKILL');
    }
  });

  test('a program that cannot be run is SERVICE_FAILED or gone, and leaves nothing running', async () => {
    const service = supervised(['/no/such/program']);
    await service.start().catch((error: unknown) => expect(error).toMatchObject({ code: 'SERVICE_FAILED' }));
    await eventually(
      () => service.status(),
      (status) => status.kind === 'stopped',
    );
  });

  test('a shim whose ticket was withdrawn ends before it becomes the service', async () => {
    const service = supervised(['/bin/sh', '-c', 'touch ran; exec sleep 60']);
    const starting = service.start().catch(() => {});
    // Somebody stops at once, as a recovery after a crash would: again and again until the start gave up or won.
    await eventually(
      async () => {
        await service.stop(1000);
        return readdir(path.join(directory, 'service')).catch(() => []);
      },
      (names) => names.length > 0,
    );
    await starting;
    await service.stop(1000);
    expect(await service.status()).toEqual({ kind: 'stopped' });
    expect((await readdir(path.join(directory, 'service'))).sort()).toEqual(['service.log']);
  });
});

describe('command', () => {
  test('the start command runs only when the service is stopped', async () => {
    const service = await byCommands();
    await service.start();
    await service.start();
    await service.stop(1000);
    await service.stop(1000);
    expect(await readFile(path.join(directory, 'calls'), 'utf8')).toBe('start\nstop\n');
  });

  test('a command that fails is SERVICE_FAILED with what it said', async () => {
    const service = createServiceControl({
      kind: 'command',
      start: ['/bin/sh', '-c', 'echo no licence; exit 7'],
      stop: ['true'],
      status: ['/bin/sh', '-c', 'exit 1'],
      environment: {},
      workingDirectory: directory,
    });
    await expect(service.start()).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining('no licence'),
    });
  });

  test('a service that runs on after its stop command is TIMEOUT', async () => {
    const service = createServiceControl({
      kind: 'command',
      start: ['true'],
      stop: ['true'],
      status: ['true'],
      environment: {},
      workingDirectory: directory,
    });
    await expect(service.stop(60)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

test('none manages nothing', async () => {
  const service = createServiceControl({ kind: 'none' });
  expect(await service.status()).toEqual({ kind: 'unmanaged' });
  expect(await service.start()).toEqual({ started: false });
  expect(await service.stop(1)).toEqual({ stopped: false });
});
