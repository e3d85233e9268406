import { ThemisError } from '../../kernel/error.ts';
import type { Endpoint, EndpointAnswer, EndpointSpec } from '../../ports/endpoint.ts';

/** Answers by URL or command line; what has no answer is unreachable. Remembers what was asked. */
export class FakeEndpoint implements Endpoint {
  readonly calls: string[] = [];
  readonly #answers = new Map<string, () => Partial<EndpointAnswer>>();

  answer(address: string, answer: () => Partial<EndpointAnswer>): void {
    this.#answers.set(address, answer);
  }

  async call(endpoint: EndpointSpec): Promise<EndpointAnswer> {
    const address = endpoint.kind === 'http' ? `${endpoint.method} ${endpoint.url}` : endpoint.command.join(' ');
    this.calls.push(address);
    const answer = this.#answers.get(address);
    if (answer === undefined) throw new ThemisError('UNREACHABLE', `${address} does not answer.`);
    const { ok = true, status = ok ? 200 : 503, body = '' } = answer();
    return { ok, status, body: body.slice(0, 64 * 1024) };
  }
}
