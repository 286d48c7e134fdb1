import type { FeatureContract } from "@polypilot/core";
import { camera } from "./camera.js";
import type { Sensor } from "./feature-result.js";
import { imu } from "./imu.js";
import { joints } from "./joints.js";
import { lidar } from "./lidar.js";
import { odometry } from "./odometry.js";

type SensorOf<K extends FeatureContract["kind"]> = Sensor<Extract<FeatureContract, { kind: K }>>;

/** Every kind of sensor by the name that contracts use. */
export const sensors: { readonly [K in FeatureContract["kind"]]: SensorOf<K> } = {
  camera,
  ranges: lidar,
  joints,
  imu,
  odometry,
};

/** The sensor for a feature's kind. */
export function sensorOf<F extends FeatureContract>(feature: F): Sensor<F> {
  return sensors[feature.kind] as unknown as Sensor<F>;
}
