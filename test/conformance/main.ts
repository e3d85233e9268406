/** `npm run conformance`: every PKITS case, what was excepted and why, and a closing line for scripts. Without data it fails. */
import { countHeld, pkitsDirectory, readPkitsCases } from './pkits-cases.ts';
import { closingLine, isConformant, runPkits } from './run-pkits.ts';

const directory = pkitsDirectory();
if (directory === null) {
  process.stderr.write('CONFORMANCE NOT RUN: no data was found; THEMIS_CONFORMANCE names its directory.\n');
  process.exitCode = 1;
} else {
  const held = countHeld(directory);
  const summary = runPkits(readPkitsCases(directory));
  const groups = {
    excepted: summary.excepted,
    'wrong reject': summary.wrongRejects,
    'wrong accept': summary.wrongAccepts,
  };
  for (const [group, lines] of Object.entries(groups)) for (const line of lines) console.log(`${group}: ${line}`);
  if (summary.sources !== held) console.log(`${summary.sources} of the ${held} vectors and messages held were run`);
  console.log(closingLine(summary));
  process.exitCode = isConformant(summary, held) ? 0 : 1;
}
