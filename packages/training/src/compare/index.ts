export {
  type Column,
  type ComparedColumn,
  type ComparedMetric,
  type CompareOptions,
  type Comparison,
  compare,
} from "./compare.js";
export { comparisonParts, comparisonReport, comparisonText } from "./compare-report.js";
export { singleTaskContract } from "./single-task-contract.js";
