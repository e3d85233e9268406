/** Reads a calendar as strictly as RFC 5545 is written; whatever is not as it says is thrown. Knows nothing of the writer. */
export interface IcalEvent {
  readonly uid: string;
  readonly stamp: string;
  readonly start: string;
  readonly end: string;
  readonly summary: string;
  readonly description: string;
  readonly transparent: boolean;
}

export function readIcal(text: string): readonly IcalEvent[] {
  const properties = unfold(text).map(splitLine);
  const names = properties.map(([name]) => name);
  expectThat(names[0] === 'BEGIN' && properties[0]![1] === 'VCALENDAR', 'starts with a calendar');
  expectThat(names.at(-1) === 'END' && properties.at(-1)![1] === 'VCALENDAR', 'ends with the calendar');
  const events: IcalEvent[] = [];
  const head = new Map<string, string>();
  let event: Map<string, string> | undefined;
  for (const [name, value] of properties.slice(1, -1)) {
    if (name === 'BEGIN') {
      expectThat(value === 'VEVENT' && event === undefined, `holds events only, not ${value}`);
      event = new Map();
    } else if (name === 'END') {
      expectThat(value === 'VEVENT' && event !== undefined, 'ends what was begun');
      events.push(toEvent(event!));
      event = undefined;
    } else {
      const scope = event ?? head;
      expectThat(!scope.has(name), `says ${name} once`);
      scope.set(name, value);
    }
  }
  expectThat(event === undefined, 'ends its last event');
  expectThat(head.get('VERSION') === '2.0', 'has version 2.0');
  expectThat((head.get('PRODID') ?? '') !== '', 'names its maker');
  expectThat(new Set(events.map(({ uid }) => uid)).size === events.length, 'has no UID twice');
  return events;
}

/** Content lines: CRLF ends every one, none is longer than 75 octets, a blank continues the line before. */
function unfold(text: string): readonly string[] {
  expectThat(text.endsWith('\r\n'), 'ends with CRLF');
  const raw = text.slice(0, -2).split('\r\n');
  const lines: string[] = [];
  for (const line of raw) {
    expectThat(!/\p{Cc}/u.test(line), `has no control character in ${JSON.stringify(line)}`);
    expectThat(Buffer.byteLength(line) <= 75, `has no line over 75 octets: ${line}`);
    expectThat(line !== '', 'has no empty line');
    if (line.startsWith(' ')) lines.push(lines.pop()! + line.slice(1));
    else lines.push(line);
  }
  return lines;
}

function splitLine(line: string): readonly [name: string, value: string] {
  const match = /^([A-Z][A-Z-]*):(.*)$/su.exec(line);
  expectThat(match !== null, `has a name and a value in ${line}`);
  return [match![1]!, match![2]!];
}

function toEvent(fields: ReadonlyMap<string, string>): IcalEvent {
  const field = (name: string): string => {
    const value = fields.get(name);
    expectThat(value !== undefined && value !== '', `has ${name} in every event`);
    return value!;
  };
  const [start, end] = [instant(field('DTSTART')), instant(field('DTEND'))];
  expectThat(start < end, `ends ${field('UID')} after it starts`);
  return {
    uid: field('UID'),
    stamp: instant(field('DTSTAMP')),
    start,
    end,
    summary: unescape(field('SUMMARY')),
    description: unescape(field('DESCRIPTION')),
    transparent: field('TRANSP') === 'TRANSPARENT',
  };
}

function instant(text: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/u.exec(text);
  expectThat(match !== null, `has a UTC time in ${text}`);
  const [year, month, day, hour, minute, second] = match!.slice(1);
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`).toISOString();
}

function unescape(text: string): string {
  expectThat(!/(?<!\\)(?:\\\\)*[;,]/u.test(text), `escapes ; and , in ${text}`);
  expectThat(/^(?:[^\\]|\\[\\;,nN])*$/su.test(text), `escapes nothing else in ${text}`);
  return text.replaceAll(/\\(.)/gu, (_, char: string) => (char.toLowerCase() === 'n' ? '\n' : char));
}

function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(`A calendar that ${what} was expected.`);
}
