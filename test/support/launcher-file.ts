/** The launcher of the package that was built for this run; processes that tests start find it as well. */
export const launcherFile = process.env['THEMIS_TEST_LAUNCHER'] ?? '';
