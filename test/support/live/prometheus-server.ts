/** The real Prometheus on loopback, with a configuration and a storage of its own; where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/apps/demo/free-ports.ts';
import { eventually } from '../eventually.ts';

export const hasPrometheus = spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasPrometheus) {
  console.warn('prometheus: not on this machine, gates over a real one not tested; apt-get install prometheus');
}

export interface ScrapeTarget {
  /** Value of the label `node`. */
  readonly node: string;
  /** `127.0.0.1:9100`. */
  readonly address: string;
  /** Default `/metrics`. */
  readonly path?: string;
}

export interface PrometheusServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Ready when it resolves; the first scrapes follow. */
export async function startPrometheus(targets: readonly ScrapeTarget[], interval: string): Promise<PrometheusServer> {
  const directory = mkdtempSync(join(tmpdir(), 'themis-prometheus-'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'prometheus.json'), JSON.stringify(configuration(targets, interval)));
  const [port] = await freePorts(1);
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore', cwd: directory },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
        return await fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      (ready) => ready,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** JSON is YAML. */
function configuration(targets: readonly ScrapeTarget[], interval: string): object {
  return {
    global: { scrape_interval: interval, scrape_timeout: interval },
    scrape_configs: [
      {
        job_name: 'nodes',
        static_configs: targets.map(({ node, address, path = '/metrics' }) => ({
          targets: [address],
          labels: { node, __metrics_path__: path },
        })),
      },
    ],
  };
}
