/**
 * The endpoints a node's database offers on its own machine: HTTP (loopback) or a command. Used for health, role,
 * drain, rejoin, leadership. Throws ThemisError UNREACHABLE or TIMEOUT; an HTTP status or exit code is an answer.
 */
export type EndpointSpec =
  | { readonly kind: 'http'; readonly method: 'GET' | 'POST'; readonly url: string }
  | { readonly kind: 'command'; readonly command: readonly string[] };

export interface EndpointAnswer {
  /** HTTP 2xx, or exit code 0. */
  readonly ok: boolean;
  /** HTTP status or exit code. */
  readonly status: number;
  /** At most `limitBytes`; the rest of it is not read. */
  readonly body: string;
}

export interface Endpoint {
  /** `limitBytes`: 64 KiB where it is absent. */
  call(endpoint: EndpointSpec, timeoutMs: number, limitBytes?: number): Promise<EndpointAnswer>;
}
