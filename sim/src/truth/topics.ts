import { type MessageType, type Nanoseconds, type Scalar, toRosTime } from "@polypilot/core";
import type { Bus } from "../bus.js";
import type { Camera } from "../camera/camera.js";
import { imageMessage } from "../sensors/image.js";
import { signClasses } from "../world/prop.js";
import type { World } from "../world/world.js";
import { depthBytes, drivableMask, markingMask } from "./masks.js";
import { nearestObstacle, nearestSign } from "./sight.js";
import type { Truth } from "./truth.js";

const SCALAR = "polypilot_msgs/msg/Scalar";
const IMAGE = "sensor_msgs/msg/Image";

/** What a truth is told from: the car, and the camera just after its frame was drawn. */
export interface Scene {
  readonly truth: Truth;
  readonly camera: Camera;
  readonly world: World;
}

interface ScalarTopic {
  readonly unit: string;
  /** Undefined: there is nothing to tell, and no message goes out. */
  read(scene: Scene): number | undefined;
}

const ROAD_SHARE = 0.02;

function hasRoad({ camera, world, truth }: Scene): number {
  const seen = drivableMask(camera, world.map, truth).reduce((sum, v) => sum + v, 0);
  return seen >= ROAD_SHARE * camera.depthM.length ? 1 : 0;
}

/** Truths that are one number, by topic. */
export const scalarTopics: Readonly<Record<string, ScalarTopic>> = {
  "/truth/lane_count": { unit: "", read: ({ truth }) => truth.laneCount },
  "/truth/left_edge": { unit: "m", read: ({ truth }) => truth.leftEdgeM },
  "/truth/right_edge": { unit: "m", read: ({ truth }) => truth.rightEdgeM },
  "/truth/lane_offset": { unit: "m", read: ({ truth }) => truth.laneOffsetM },
  "/truth/heading_error": { unit: "rad", read: ({ truth }) => truth.headingErrorRad },
  "/truth/curvature_ahead": { unit: "1/m", read: ({ truth }) => truth.curvatureAhead },
  "/truth/sign_class": {
    unit: "",
    read: ({ camera, truth, world }) => signClasses[nearestSign(camera.rays, truth, world.props)?.prop.sign ?? "none"],
  },
  "/truth/sign_distance": {
    unit: "m",
    read: ({ camera, truth, world }) => nearestSign(camera.rays, truth, world.props)?.distanceM,
  },
  "/truth/obstacle_distance": {
    unit: "m",
    read: ({ camera, truth, world }) => nearestObstacle(camera.rays, truth, world.props)?.distanceM,
  },
  "/truth/has_road": { unit: "", read: hasRoad },
};

/** Truths that are images as large as the camera's, by topic. */
const imageTopics: Readonly<Record<string, { readonly encoding: "mono8" | "32FC1"; read(scene: Scene): Uint8Array }>> =
  {
    "/truth/markings": { encoding: "mono8", read: ({ camera, world, truth }) => markingMask(camera, world.map, truth) },
    "/truth/drivable": {
      encoding: "mono8",
      read: ({ camera, world, truth }) => drivableMask(camera, world.map, truth),
    },
    "/truth/depth": { encoding: "32FC1", read: ({ camera }) => depthBytes(camera) },
  };

/** Message types of all topics of truth. */
export const truthTypes: ReadonlyMap<string, MessageType> = new Map<string, MessageType>([
  ...Object.keys(scalarTopics).map((topic) => [topic, SCALAR] as const),
  ...Object.keys(imageTopics).map((topic) => [topic, IMAGE] as const),
]);

/** Whether any truth needs a frame to be drawn. */
export function wantsTruthFrame(bus: Bus): boolean {
  return bus.wanted("/truth/has_road") || Object.keys(imageTopics).some((topic) => bus.wanted(topic));
}

/** Reads what is subscribed now; the result sends it. The scene may change in between. */
export function readTruth(bus: Bus, scene: Scene, stampNs: Nanoseconds): () => void {
  const header = { stamp: toRosTime(stampNs), frame_id: "base_link" };
  const { width, height } = scene.camera.rays.lens;
  const scalars: [string, Scalar][] = [];
  for (const [topic, { unit, read }] of Object.entries(scalarTopics)) {
    const value = bus.wanted(topic) ? read(scene) : undefined;
    if (value !== undefined) scalars.push([topic, { header, value, unit }]);
  }
  const images = Object.entries(imageTopics)
    .filter(([topic]) => bus.wanted(topic))
    .map(
      ([topic, { encoding, read }]) => [topic, imageMessage(stampNs, width, height, encoding, read(scene))] as const,
    );
  return () => {
    for (const [topic, message] of scalars) bus.send(topic, SCALAR, message);
    for (const [topic, message] of images) bus.send(topic, IMAGE, message);
  };
}
