/** Algorithms that verification learned last; kept apart so that each says by itself when it is not read. */
import { describeIssuedKeys } from '../../support/signer/issued-suite.ts';

describeIssuedKeys('rsa-3072');
describeIssuedKeys('ed25519');
