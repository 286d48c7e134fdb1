export * from "./evaluate/index.js";
export * from "./metrics/index.js";
export * from "./report/index.js";
export * from "./statistics/index.js";
export * from "./train/index.js";
