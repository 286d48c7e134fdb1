export { type BootstrapOptions, bootstrapInterval, quantile } from "./bootstrap-interval.js";
export type { Interval } from "./interval.js";
export { normalCdf, normalQuantile } from "./normal.js";
export { type PairedOptions, pairedDifference } from "./paired-difference.js";
export { studentCdf, studentInterval } from "./student-interval.js";
