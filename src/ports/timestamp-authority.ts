/**
 * Says under its signature when it saw a hash (RFC 3161). What it answers is judged by whoever asked. Throws ThemisError
 * UNREACHABLE, TIMEOUT or TIMESTAMP_INVALID where there is no answer of that kind.
 */
export interface TimestampAuthority {
  /** Takes DER TimeStampReq, gives DER TimeStampResp. */
  ask(request: Uint8Array): Promise<Uint8Array>;
}
