import { tinyContract } from "../testing/tiny-contract.js";
import { describeAuxiliary } from "./describe-auxiliary.js";
import { relatedTask } from "./related-task.js";

const { sign, reconstruction, next_lidar } = tinyContract().heads;

describeAuxiliary(relatedTask, sign!, [reconstruction!, next_lidar!]);
