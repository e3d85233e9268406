import { countHeld, pkitsDirectory, readPkitsCases } from './pkits-cases.ts';
import { closingLine, runPkits } from './run-pkits.ts';

const directory = pkitsDirectory();
if (directory === null) {
  process.stderr.write('There is no conformance data: nothing was checked. Set THEMIS_CONFORMANCE to its directory.\n');
} else {
  const cases = readPkitsCases(directory);
  const held = countHeld(directory);
  const summary = runPkits(cases);
  for (const line of summary.excepted) process.stdout.write(`excepted     ${line}\n`);
  for (const line of summary.wrongRejects) process.stdout.write(`wrong reject ${line}\n`);
  for (const line of summary.wrongAccepts) process.stdout.write(`wrong accept ${line}\n`);
  const missing = held.vectors + held.messages - summary.cases;
  if (missing > 0) process.stderr.write(`${missing} cases of the directory were not run.\n`);
  process.stdout.write(`${closingLine(summary)}\n`);
  process.exitCode = missing > 0 || summary.wrongAccepts.length + summary.wrongRejects.length > 0 ? 1 : 0;
}
