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

/** How the service of a node is run; from `node.yaml` only. Directories are absolute. */
export type ServiceSpec =
  /** Themis starts the process and keeps its pid file and log in `directory`. */
  | {
      readonly kind: 'supervised';
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly workingDirectory: string;
      readonly directory: string;
    }
  /** Commands of another manager. `status` ends with 0 when the service runs, with 1 to 3 when it does not. */
  | {
      readonly kind: 'command';
      readonly start: readonly string[];
      readonly stop: readonly string[];
      readonly status: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly workingDirectory: string;
    }
  | { readonly kind: 'none' };
