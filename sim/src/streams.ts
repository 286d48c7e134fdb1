import { type Contract, PolypilotError } from "@polypilot/core";

/** Message types that the car's sensors give. */
const sensorTypes: readonly string[] = [
  "sensor_msgs/msg/Image",
  "sensor_msgs/msg/CompressedImage",
  "sensor_msgs/msg/LaserScan",
  "sensor_msgs/msg/JointState",
  "sensor_msgs/msg/Imu",
  "nav_msgs/msg/Odometry",
];

/** Whether a stream is a camera's. */
export function isCamera(stream: { readonly type: string }): boolean {
  return stream.type === "sensor_msgs/msg/Image" || stream.type === "sensor_msgs/msg/CompressedImage";
}

/**
 * Checks that the car has every sensor that a contract names.
 *
 * @throws PolypilotError `SIM_STREAM` for the first that it has not.
 */
export function checkStreams(contract: Contract): void {
  for (const [name, { type }] of Object.entries(contract.streams)) {
    if (sensorTypes.includes(type)) continue;
    throw new PolypilotError("SIM_STREAM", ["sim", name], {
      expected: `the simulated car has a sensor for streams.${name}`,
      found: `${type}, while it gives ${sensorTypes.join(", ")}`,
      todo: "Correct the stream's type, remove the stream or drive another robot",
    });
  }
}
