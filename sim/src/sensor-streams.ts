import type { Clock, Contract, MessageType, Nanoseconds, Random, StreamContract } from "@polypilot/core";
import type { Outlet } from "./outlet.js";
import { repeat } from "./schedule.js";
import { imuSensor } from "./sensors/imu.js";
import { jointSensor } from "./sensors/joints.js";
import { lidarSensor } from "./sensors/lidar.js";
import { odometrySensor } from "./sensors/odometry.js";
import type { Sensor } from "./sensors/sensor.js";
import { isCamera } from "./streams.js";
import type { MotionState } from "./vehicle/motion.js";
import type { VehicleSpec } from "./vehicle/vehicle.js";
import type { Prop } from "./world/prop.js";

/** What a running sensor needs of the world around it. */
export interface Moments {
  readonly startNs: Nanoseconds;
  readonly clock: Clock;
  readonly rng: Random;
  readonly out: Outlet;
  reachedNs(): Nanoseconds;
  stateAt(atNs: Nanoseconds): MotionState;
}

interface Cast {
  readonly contract: Contract;
  readonly spec: VehicleSpec;
  readonly props: readonly Prop[];
}

function sensorFor(stream: StreamContract, rng: Random, cast: Cast): Sensor {
  switch (stream.type as MessageType) {
    case "sensor_msgs/msg/LaserScan":
      return lidarSensor(cast.props, stream.rate_hz);
    case "sensor_msgs/msg/JointState":
      return jointSensor(cast.spec);
    case "sensor_msgs/msg/Imu":
      return imuSensor(rng.fork("bias"));
    default:
      return odometrySensor();
  }
}

/** Time of a stream's first measurement: its phase within one period, by seed. */
export function firstNs(startNs: Nanoseconds, rng: Random, rateHz: number): Nanoseconds {
  return startNs + BigInt(Math.round((rng.fork("phase").uniform() * 1e9) / rateHz));
}

/** Runs every sensor but the cameras. Returns their stops. */
export function scalarStreams(moments: Moments & Cast): (() => void)[] {
  const { contract, clock, out } = moments;
  return Object.entries(contract.streams)
    .filter(([, stream]) => !isCamera(stream))
    .map(([name, stream]) => {
      const rng = moments.rng.fork(`stream ${name}`);
      const sensor = sensorFor(stream, rng, moments);
      const noise = rng.fork("noise");
      const periodNs = BigInt(Math.round(1e9 / stream.rate_hz));
      return repeat(clock, firstNs(moments.startNs, rng, stream.rate_hz), stream.rate_hz, (nominalNs, index) => {
        const stampNs = nominalNs > moments.reachedNs() ? nominalNs : moments.reachedNs();
        const own = noise.fork(index);
        const delayMs = sensor.delayMs[0] + sensor.delayMs[1] * own.uniform();
        const message = sensor.measure({ stampNs, state: moments.stateAt(stampNs), index, rng: own });
        out.send({ stream: name, topic: stream.topic, type: sensor.type, message, stampNs, index, periodNs, delayMs });
      });
    });
}
