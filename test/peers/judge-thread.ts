/** A thread in which a peer judges, because there are fixtures on which one does not end. */
import { parentPort } from 'node:worker_threads';
import { peers } from './peers.ts';
import type { Question } from './verdict.ts';

parentPort!.on('message', ({ peer, question }: { peer: number; question: Question }) => {
  void peers[peer]!.judge(question).then((verdict) => parentPort!.postMessage(verdict, []));
});
