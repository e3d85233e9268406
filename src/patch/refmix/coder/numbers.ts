/**
 * The fixed curves of the model, in integers: probabilities are of 65536, and their logarithms of odds ("pulls") of 256.
 * The same on every machine, since nothing here is computed with fractions.
 */

/** Pulls reach from -`pullLimit` to `pullLimit`. */
export const pullLimit = 2815;

/** 65536 / (1 + e^-x) at every half from -11 to 11, kept away from both ends. */
const knots = [
  1, 2, 3, 5, 8, 13, 22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743, 32768,
  40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514, 65523,
  65528, 65531, 65533, 65534, 65535,
] as const;

/** Probability of a one, from 1 to 65535, at a pull plus 2816: straight lines between the knots. */
export const probabilityOf: Uint16Array = Uint16Array.from({ length: 2 * 2816 }, (_, at) => {
  const part = at & 127;
  const knot = at >> 7;
  return (knots[knot]! * (128 - part) + knots[knot + 1]! * part + 64) >> 7;
});

/** Pull at a probability of 4096: the least one whose probability reaches the middle of what the twelve bits stand for. */
export const pullOf: Int16Array = invert();

function invert(): Int16Array {
  const pulls = new Int16Array(4096);
  let pull = -pullLimit;
  for (let at = 0; at < 4096; at += 1) {
    while (pull < pullLimit && probabilityOf[pull + 2816]! < at * 16 + 8) pull += 1;
    pulls[at] = pull;
  }
  return pulls;
}

/** How far a counter that has seen so many bits goes towards the next one, of 65536. */
export const stepOf: Int32Array = Int32Array.from({ length: 1024 }, (_, seen) =>
  Math.floor(655_360 / (10 * seen + 16)),
);
