import { refuse } from '../refusal.ts';
import { contentTypes, readSignedData, type SignedData } from './read-signed-data.ts';

/** Signed data over plain content that lies elsewhere. `mayCarryLists`: see `readSignedData`. */
export function readDetached(signature: Uint8Array, mayCarryLists = false): SignedData {
  const data = readSignedData(signature, mayCarryLists);
  if (data.content !== null)
    refuse('CMS_EMBEDDED_CONTENT', 'The signature carries its own content; a detached one is expected.');
  if (data.contentType !== contentTypes.data)
    refuse('CMS_CONTENT_TYPE', `The signature is over content of type ${data.contentType}; plain data is expected.`);
  return data;
}
