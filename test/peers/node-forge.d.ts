/** The part of node-forge that is used here; it ships no types. */
declare module 'node-forge' {
  interface Asn1 {
    readonly value: readonly Asn1[] | string;
  }
  interface Digest {
    update(bytes: string): Digest;
    digest(): { bytes(): string };
  }
  interface ForgeCertificate {
    readonly issuer: { readonly hash: string };
    readonly subject: { readonly hash: string };
    readonly serialNumber: string;
    readonly publicKey: { verify(digest: string, signature: string): boolean };
  }
  interface Message {
    readonly certificates: readonly ForgeCertificate[];
    readonly rawCapture: {
      readonly authenticatedAttributes?: readonly Asn1[];
      readonly digestAlgorithm: string;
      readonly signature: string;
      readonly serial: string;
    };
  }
  const forge: {
    readonly asn1: {
      readonly Class: { readonly UNIVERSAL: number };
      readonly Type: { readonly SET: number };
      fromDer(bytes: string): Asn1;
      toDer(value: Asn1): { getBytes(): string };
      derToOid(bytes: string): string;
      create(tagClass: number, type: number, constructed: boolean, value: readonly Asn1[]): Asn1;
    };
    readonly md: Readonly<Record<'sha1' | 'sha256' | 'sha384' | 'sha512' | 'md5', { create(): Digest }>>;
    readonly pkcs7: { messageFromAsn1(value: Asn1): Message };
    readonly pki: {
      readonly oids: Readonly<Record<string, string>>;
      certificateFromAsn1(value: Asn1): ForgeCertificate;
      createCaStore(certificates: readonly ForgeCertificate[]): object;
      verifyCertificateChain(
        store: object,
        chain: readonly ForgeCertificate[],
        options: { validityCheckDate: Date },
      ): boolean;
    };
  };
  export = forge;
}
