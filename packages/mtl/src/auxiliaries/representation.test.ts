import { tinyContract } from "../testing/tiny-contract.js";
import { describeAuxiliary } from "./describe-auxiliary.js";
import { representation } from "./representation.js";

const { sign, reconstruction, next_lidar } = tinyContract().heads;

describeAuxiliary(representation, reconstruction!, [sign!, next_lidar!]);
