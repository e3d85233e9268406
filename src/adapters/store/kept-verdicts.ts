/** How many verdicts a store keeps; older ones are dropped when a new one comes. */
export const keptVerdicts = 1000;
