export * from "./alignment.js";
export * from "./drop-while-busy.js";
export * from "./stream-health.js";
export type { SetMember, StreamSample, SynchronisedSet } from "./stream-sample.js";
export * from "./synchronise.js";
export type { Alignment, SynchroniseOptions } from "./synchronise-options.js";
export * from "./synchroniser.js";
export * from "./watchdog.js";
