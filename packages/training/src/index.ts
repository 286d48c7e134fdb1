export * from "./metrics/index.js";
export * from "./statistics/index.js";
