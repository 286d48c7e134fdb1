export type { Augment } from "./augmented.js";
export type { Deployment, ModelCost } from "./deployment.js";
export type { HistoryEntry } from "./history.js";
export { type TrainResult, train } from "./train.js";
export { defaultSettings, type TrainOptions, type TrainProgress, type TrainSettings } from "./train-options.js";
