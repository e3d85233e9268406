/**
 * Starts and stops the database process of one node. Every call is idempotent: starting what runs and stopping
 * what is stopped change nothing and say so. Throws ThemisError SERVICE_FAILED or TIMEOUT.
 */
export interface ServiceControl {
  status(): Promise<ServiceStatus>;
  /** `started: false` when it ran already. Returns once the process exists; health is asked for elsewhere. */
  start(): Promise<{ readonly started: boolean }>;
  /** `stopped: false` when nothing ran. Returns once the process is gone. */
  stop(timeoutMs: number): Promise<{ readonly stopped: boolean }>;
}

export type ServiceStatus =
  | { readonly kind: 'running'; readonly pid: number | null }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unmanaged' };
