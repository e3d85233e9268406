/** A remote's address without user or password; the user of an ssh address (`git@host:path`) is no secret and stays. */
export function withoutCredentials(text: string): string {
  return text
    .replaceAll(/\b((?!ssh\b)[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/giu, '$1')
    .replaceAll(/(ssh:\/\/[^\s/:@]+):[^\s/@]+@/giu, '$1@');
}
