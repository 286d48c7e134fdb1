import { tinyContract } from "../testing/tiny-contract.js";
import { describeAuxiliary } from "./describe-auxiliary.js";
import { predictInput } from "./predict-input.js";

const { sign, reconstruction, next_lidar } = tinyContract().heads;

describeAuxiliary(predictInput, next_lidar!, [sign!, reconstruction!]);
