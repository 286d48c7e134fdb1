export { modelAnswerer, predictorAnswerer } from "./answerers.js";
export { evaluateOpenLoop, type OpenLoopOptions, type OpenLoopResult } from "./evaluate-open-loop.js";
export { type ExampleFrame, exampleFrames } from "./example-frames.js";
export {
  type Answerer,
  type BatchAnswer,
  type HeadScores,
  metricOf,
  type ScoredMetric,
  type ScoreOptions,
  type Scores,
  scoreHeads,
  type Trace,
} from "./score-heads.js";
export { chosenSamples, type Selection } from "./selection.js";
export { type Units, unitsOf } from "./units.js";
