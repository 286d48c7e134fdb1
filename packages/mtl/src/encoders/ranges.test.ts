import { describeEncoder } from "./describe-encoder.js";
import { ranges } from "./ranges.js";

describeEncoder(ranges, [{ shape: [32], dtype: "float32", unit: "m", range: [[0, 8]] }]);
