import { itemsAt, textAt, valuePlace, type Rule } from './rule.ts';

/** The lock pins a release once for each platform. What its pins must satisfy needs the catalogue: see `check-lock.ts`. */
export const lockPins: Rule = {
  name: 'lock-pins',
  *check(world) {
    for (const lock of world.documents('Lock')) {
      const seen = new Map<string, number>();
      for (const [index, pin] of itemsAt(lock.value, 'packages').entries()) {
        const name = textAt(pin, 'package');
        if (name === undefined) continue;
        const key = `${name} for ${textAt(pin, 'platform') ?? ''}/${textAt(pin, 'architecture') ?? ''}`;
        const first = seen.get(key);
        if (first !== undefined) {
          yield {
            code: 'THM1305',
            summary: `The lock pins ${key} twice.`,
            fix: 'Run "themis lock"; the file is not edited by hand.',
            at: valuePlace(lock, 'packages', index, 'package'),
            related: [{ at: valuePlace(lock, 'packages', first, 'package'), note: 'the first pin' }],
          };
          continue;
        }
        seen.set(key, index);
      }
    }
  },
};
