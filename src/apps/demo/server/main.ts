/**
 * The demo's database: a small real HTTP server that is shipped as the payload of the demo's releases. It elects a
 * leader among its peers, answers queries, holds their connections open until they are done, and drains.
 *
 *   GET  /health   200 {"status":"healthy","role":"follower","version":"1.5.0", ...}, 503 while it drains or is broken
 *   GET  /metrics  Prometheus text
 *   GET  /query?ms=50  an answer after that time; 503 while draining
 *   POST /drain    leadership goes to a peer, new queries are refused; answers once the open ones are done
 *   POST /rejoin   takes queries again
 *   POST /transfer-leadership
 *
 * Started as `main.ts --config FILE`; the file is the node's own and lies outside the release.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { Election, type Peer } from './election.ts';
import { createMetrics } from './metrics.ts';

interface ServerConfig {
  readonly name: string;
  readonly port: number;
  readonly data: string;
  readonly peers: readonly Peer[];
  /** Versions under which this machine reports itself unhealthy: to try out a rollout that fails. */
  readonly brokenVersions?: readonly string[];
  /** By version, what goes wrong with queries while the server stays healthy: to try out gates. */
  readonly faults?: Readonly<Record<string, Fault>>;
  readonly heartbeatMs?: number;
  readonly electionMs?: number;
}

interface Fault {
  /** Share of the queries that are answered with 500, spread evenly. */
  readonly errorRate?: number;
  /** Every query takes so much longer. */
  readonly latencyMs?: number;
}

// An import of node:http would load the client of node:http too, and take twice the time to start.
const { createServer } = process.getBuiltinModule('node:http');

const configFile = process.argv[process.argv.indexOf('--config') + 1]!;
const config = JSON.parse(readFileSync(configFile, 'utf8')) as ServerConfig;
const { version } = JSON.parse(readFileSync(new URL('../share/version.json', import.meta.url), 'utf8')) as {
  version: string;
};
const data = join(dirname(configFile), config.data);
mkdirSync(data, { recursive: true });

const election = new Election(config.name, config.peers, join(data, 'vote.json'), {
  heartbeatMs: config.heartbeatMs ?? 100,
  electionMs: config.electionMs ?? 1000,
});
const metrics = createMetrics(version);
const broken = config.brokenVersions?.includes(version) ?? false;
const { errorRate = 0, latencyMs = 0 } = config.faults?.[version] ?? {};
const startedMs = performance.now();
let draining = false;
let openQueries = 0;
let queries = 0;

const server = createServer((request, response) => {
  const beganMs = performance.now();
  response.on('finish', () => {
    if (request.url?.startsWith('/query') === true) metrics.observe(response.statusCode, performance.now() - beganMs);
  });
  void route(request, response).catch(() => answer(response, 500, { error: 'internal' }));
});

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /health':
      answer(response, draining || broken ? 503 : 200, {
        status: broken ? 'unhealthy' : draining ? 'draining' : 'healthy',
        role: election.role,
        version,
        leader: election.leader,
        term: election.term,
        ...replication(),
      });
      return;
    case 'GET /metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(metrics.text(gauges()));
      return;
    case 'GET /query':
      await query(response, Math.min(Number(url.searchParams.get('ms') ?? 1), 60_000));
      return;
    case 'POST /drain':
      await drain(response);
      return;
    case 'POST /rejoin':
      draining = false;
      election.setEligible(!broken);
      answer(response, 200, { draining });
      return;
    case 'POST /transfer-leadership':
      answer(response, (await election.handOver(5000)) ? 200 : 503, { leader: election.leader });
      return;
    case 'POST /raft/vote': {
      const vote = await body<{ term: number; candidate: string }>(request);
      answer(response, 200, election.onVote(vote.term, vote.candidate));
      return;
    }
    case 'POST /raft/heartbeat': {
      const beat = await body<{ term: number; leader: string; membersUp: number }>(request);
      answer(response, 200, election.onHeartbeat(beat.term, beat.leader, beat.membersUp));
      return;
    }
    case 'POST /raft/timeout-now':
      await body(request);
      answer(response, 200, { accepted: !draining && !broken });
      if (!draining && !broken) election.onTimeoutNow();
      return;
    default:
      answer(response, 404, { error: 'not found' });
  }
}

async function query(response: ServerResponse, durationMs: number): Promise<void> {
  if (draining) {
    response.setHeader('connection', 'close');
    answer(response, 503, { error: 'draining' });
    return;
  }
  openQueries += 1;
  try {
    queries += 1;
    const fails = Math.floor(queries * errorRate) > Math.floor((queries - 1) * errorRate);
    await pause(durationMs + latencyMs);
    if (fails) answer(response, 500, { error: 'injected', version });
    else answer(response, 200, { rows: 1, version, node: config.name });
  } finally {
    openQueries -= 1;
  }
}

async function drain(response: ServerResponse): Promise<void> {
  draining = true;
  election.setEligible(false);
  if (election.role === 'leader' && config.peers.length > 0) await election.handOver(5000);
  while (openQueries > 0) await pause(10);
  server.closeIdleConnections();
  answer(response, 200, { draining, open: openQueries });
}

/** There is one group of data, on every member; it should have three copies, or one on each of fewer members. */
function replication(): object {
  const members = config.peers.length + 1;
  const { membersUp, lagMs } = election;
  const underReplicatedGroups = membersUp === null ? null : Number(membersUp < Math.min(3, members));
  return { replicationLagMs: lagMs, underReplicatedGroups, membersUp };
}

function gauges(): Record<string, number> {
  return {
    themisdb_open_queries: openQueries,
    themisdb_draining: Number(draining),
    themisdb_leader: Number(election.role === 'leader'),
    themisdb_term: election.term,
    themisdb_uptime_seconds: (performance.now() - startedMs) / 1000,
  };
}

function answer(response: ServerResponse, code: number, value: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

async function body<T>(request: IncomingMessage): Promise<T> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > 65_536) throw new Error('too large');
  }
  return JSON.parse(text) as T;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

process.on('SIGTERM', () => {
  election.stop();
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  // Whoever stops without draining first cuts the rest off.
  setTimeout(() => process.exit(0), 2000).unref();
});
server.on('error', (error) => {
  process.stderr.write(`themisdb ${config.name}: ${error.message}\n`);
  process.exit(1);
});
server.listen(config.port, '127.0.0.1', () => {
  process.stdout.write(`${new Date().toISOString()} themisdb ${version} ${config.name} listens on ${config.port}\n`);
  election.setEligible(!broken);
  election.start();
});
