export type { CameraAugmentation } from "./camera-augment.js";
export type { Deployment, ModelCost } from "./deployment.js";
export { type FitOptions, fitModel } from "./fit-model.js";
export type { HistoryEntry } from "./history.js";
export { type TrainResult, train } from "./train.js";
export { defaultSettings, type TrainOptions, type TrainProgress, type TrainSettings } from "./train-options.js";
