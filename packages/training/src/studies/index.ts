export { type DonkeycarStudy, type DonkeycarStudyOptions, donkeycarSettings, donkeycarStudy } from "./donkeycar.js";
export { type Ridge, ridge, solveCholesky } from "./ridge.js";
export { type Baseline, type BaselineOptions, ridgeBaseline, shrunkPixels } from "./ridge-baseline.js";
