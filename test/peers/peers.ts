/** Who is compared with, in the order of the table. */
import { forgePeer } from './forge.ts';
import { openssl } from './openssl.ts';
import { pkijsPeer } from './pkijs.ts';
import type { Peer } from './verdict.ts';

export const peers: readonly Peer[] = [forgePeer(), pkijsPeer(), openssl()];
