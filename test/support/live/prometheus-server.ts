/** The real Prometheus on loopback, with a configuration and a storage of its own; where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/apps/demo/free-ports.ts';
import { type LoopbackServer, startServer } from './loopback-server.ts';

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

/** Ready when it resolves; the first scrapes follow. */
export async function startPrometheus(targets: readonly ScrapeTarget[], interval: string): Promise<LoopbackServer> {
  const directory = mkdtempSync(join(tmpdir(), 'themis-prometheus-'));
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'prometheus.json'), JSON.stringify(configuration(targets, interval)));
  const [port] = await freePorts(1);
  return await startServer({
    command: 'prometheus',
    line: [
      `--config.file=${join(directory, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    port: port!,
    directory,
    signal: 'SIGKILL',
    options: { cwd: directory },
    isReady: async (url) => (await fetch(`${url}/-/ready`)).ok,
  });
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
