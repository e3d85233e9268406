/** Debian's nginx on loopback over a directory, with a configuration and a prefix of its own; where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/apps/demo/free-ports.ts';
import { type LoopbackServer, startServer } from './loopback-server.ts';

export const hasNginx = spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
if (!hasNginx) {
  console.warn('nginx: not on this machine, releases over a real HTTP server not tested; apt-get install nginx');
}

/** Documents (`.json`) are compressed for whoever asks, the rest is sent as it lies there. */
export async function startNginx(root: string): Promise<LoopbackServer> {
  const prefix = mkdtempSync(join(tmpdir(), 'themis-nginx-'));
  mkdirSync(join(prefix, 'temp'));
  const [port] = await freePorts(1);
  writeFileSync(join(prefix, 'nginx.conf'), configuration(root, port!));
  return await startServer({
    command: 'nginx',
    line: ['-p', prefix, '-c', 'nginx.conf', '-e', 'error.log'],
    port: port!,
    directory: prefix,
    signal: 'SIGTERM',
    // Whatever it answers.
    isReady: async (url) => (await fetch(url)).status > 0,
  });
}

function configuration(root: string, port: number): string {
  // Started by root it would read as somebody else, who may not enter what tests make.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path temp/${name};`,
  );
  return `${user}daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  types { application/json json; }
  default_type application/octet-stream;
  gzip on;
  gzip_types application/json;
  gzip_min_length 0;
  server {
    listen 127.0.0.1:${port};
    root ${JSON.stringify(root)};
  }
}
`;
}
