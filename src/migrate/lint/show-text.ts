const longest = 60;

/** A text of a document in a sentence: quoted, on one line, cut where it is long. */
export function showText(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length <= longest ? quoted : `${quoted.slice(0, longest - 3)}..."`;
}
