import { wallClock } from "@polypilot/core";
import { openRecorder } from "../mcap/recorder.js";
import { image, scalar } from "./messages.js";

/**
 * A program that records a camera until it is killed: `node record-forever.js PATH`.
 *
 * Prints a line with the time of each message, so that the one who kills it knows what had been recorded.
 */
const [path] = process.argv.slice(2);
if (!path) throw new Error("usage: node record-forever.js PATH");
const clock = wallClock();
const recorder = await openRecorder(path, { contractText: "polypilot: 1\n", contractName: "test", clock });
let count = 0;
setInterval(() => {
  const now = clock.nowNs();
  recorder.write("/camera", "sensor_msgs/msg/Image", image(now, 160, 120, count % 251), now);
  recorder.write("/offset", "polypilot_msgs/msg/Scalar", scalar(now, count), now);
  count += 1;
  process.stdout.write(`${now}\n`);
}, 20);
