export * from "./decode-feature.js";
export { decodeJpeg, type RgbImage } from "./decode-jpeg.js";
export { type DerivedLabel, derivedLabel } from "./derived-label.js";
export type { FeatureResult, RefusalReason, Sensor } from "./feature-result.js";
export * from "./feature-threads.js";
export { jpegSize } from "./jpeg-header.js";
export * from "./labels.js";
export { sensors } from "./sensors.js";
