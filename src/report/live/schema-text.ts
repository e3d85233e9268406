/** What goes on in a database, in a few words. */
import { formatDuration } from '../../kernel/units/duration.ts';
import type { SchemaEvent } from '../../model/schema/schema-event.ts';

/** Waits below this are everybody's. */
const worthSayingMs = 250;

/** undefined: nothing that people have to know. */
export function schemaText(event: SchemaEvent): string | undefined {
  switch (event.type) {
    case 'step-started':
      return event.direction === 'forward' ? event.title : `takes back: ${event.title}`;
    case 'step-progress':
      return progressText(event);
    case 'step-finished':
      return finishedText(event);
    case 'rehearsed':
      return rehearsedText(event);
    case 'rolling-back':
      return event.failure === undefined
        ? 'takes back what was done'
        : `takes back what was done: ${event.failure.message}`;
    case 'waiting':
      return `waits (${event.on}): ${event.detail}`;
  }
}

function progressText({
  rows,
  totalRows,
  rowsPerSecond,
  remainingMs,
}: Extract<SchemaEvent, { type: 'step-progress' }>) {
  const of = totalRows === null ? '' : ` of about ${count(totalRows)}`;
  const left = remainingMs === null ? '' : `, ${formatDuration(remainingMs)} left`;
  return `${count(rows)}${of} rows, ${count(rowsPerSecond)} a second${left}`;
}

function rehearsedText({ queries, states, unchecked }: Extract<SchemaEvent, { type: 'rehearsed' }>): string {
  const rest = unchecked.length === 0 ? '' : `; not tried: ${unchecked.join('; ')}`;
  return `tried ${count(queries)} queries in ${count(states)} states of an empty copy${rest}`;
}

function finishedText({ rows, executionMs, lockWaitMs, failure }: Extract<SchemaEvent, { type: 'step-finished' }>) {
  if (failure !== undefined) return `failed: ${failure.message}`;
  const words = [
    ...(rows > 0 ? [`${count(rows)} rows in ${formatDuration(executionMs)}`] : []),
    ...(lockWaitMs >= worthSayingMs ? [`waited ${formatDuration(lockWaitMs)} for locks`] : []),
  ];
  return words.length === 0 ? undefined : words.join(', ');
}

/** `1,234,567`. */
function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
}
