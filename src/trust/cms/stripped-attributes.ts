/**
 * A signature over attributes also holds over content that consists of the bytes of those attributes, once the attributes
 * are left out (RFC 5652, security considerations). Content of that form is therefore never believed, whoever signed it.
 */
import { type DerElement, derLimits, readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readOid } from '../der/values.ts';
import { ThemisError } from '../../kernel/error.ts';
import { refuse } from '../refusal.ts';
import { attributeTypes } from './read-signed-data.ts';

export function refuseStrippedAttributes(content: Uint8Array): void {
  if (content[0] !== tags.set || content.length > derLimits.bytes) return;
  const types = attributeTypesOf(content);
  if (types.includes(attributeTypes.messageDigest) || types.includes(attributeTypes.contentType)) {
    refuse(
      'CMS_STRIPPED_ATTRIBUTES',
      'The content is a set of signed attributes: it was taken from a signature over something else.',
    );
  }
}

/** Empty for anything that is not a DER SET OF Attribute. */
function attributeTypesOf(content: Uint8Array): readonly string[] {
  try {
    const { children } = readDer(content);
    return children.every(isAttribute) ? children.map(({ children: [type] }) => readOid(type!, 'An attribute')) : [];
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    return [];
  }
}

function isAttribute({ tag, children: [type, values, more] }: DerElement): boolean {
  return tag === tags.sequence && type?.tag === tags.oid && values?.tag === tags.set && more === undefined;
}
