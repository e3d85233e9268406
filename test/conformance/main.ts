/** `npm run conformance`: every VCDIFF case, then every PKITS case, what was excepted and why, and its closing line for scripts. Without data it fails. */
import { vcdiff } from '../../src/patch/vcdiff.ts';
import { countHeld, pkitsDirectory, readPkitsCases } from './pkits-cases.ts';
import { closingLine, isConformant, runPkits } from './run-pkits.ts';
import { isVcdiffConformant, runVcdiff, vcdiffLine } from './run-vcdiff.ts';
import { countVcdiffHeld, readVcdiffCases, vcdiffDirectory } from './vcdiff-cases.ts';

const vcdiffHeld = vcdiffDirectory();
if (vcdiffHeld === null) {
  process.stderr.write('VCDIFF CONFORMANCE NOT RUN: no data was found; THEMIS_CONFORMANCE names its directory.\n');
  process.exitCode = 1;
} else {
  const held = countVcdiffHeld(vcdiffHeld);
  const summary = await runVcdiff(vcdiff, readVcdiffCases(vcdiffHeld));
  for (const line of summary.wrongRejects) console.log(`vcdiff wrong reject: ${line}`);
  for (const line of summary.wrongAccepts) console.log(`vcdiff wrong accept: ${line}`);
  if (summary.cases !== held) console.log(`${summary.cases} of the ${held} cases held were run`);
  console.log(vcdiffLine(summary));
  if (!isVcdiffConformant(summary, held)) process.exitCode = 1;
}

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
  if (!isConformant(summary, held)) process.exitCode = 1;
}
