import { ThemisError } from '../../kernel/error.ts';
import type { ServiceControl, ServiceStatus } from '../../ports/service-control.ts';

/** A service that lives as long as the object: what it survives (a kill of Themis) and what not (a power cut) is the test's to say. */
export class FakeService implements ServiceControl {
  running = false;
  starts = 0;
  stops = 0;
  /** Called before each real start; throws to refuse it. */
  onStart: () => Promise<void> | void = () => {};
  onStarted: () => void = () => {};
  /** Runs but ignores being asked to stop. */
  stubborn = false;

  async status(): Promise<ServiceStatus> {
    return this.running ? { kind: 'running', pid: 1000 + this.starts } : { kind: 'stopped' };
  }

  async start(): Promise<{ started: boolean }> {
    if (this.running) return { started: false };
    await this.onStart();
    this.running = true;
    this.starts += 1;
    this.onStarted();
    return { started: true };
  }

  async stop(timeoutMs: number): Promise<{ stopped: boolean }> {
    if (!this.running) return { stopped: false };
    if (this.stubborn) throw new ThemisError('TIMEOUT', `The service did not stop within ${timeoutMs} ms.`);
    this.running = false;
    this.stops += 1;
    return { stopped: true };
  }
}
