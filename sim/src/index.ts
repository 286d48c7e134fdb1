export type { Frame } from "./camera-streams.js";
export { EXPERT_TOPIC, type ExpertDriver, type ExpertOptions, expertDriver } from "./drivers/expert.js";
export { EPISODE_TOPIC, type Referee, type RefereeMetrics, type RefereeOptions, referee } from "./drivers/referee.js";
export type { Fault, FaultKind } from "./faults/fault.js";
export { createSimulator, type Simulator, type SimulatorOptions } from "./simulator.js";
export type { LanePoint, Track, TrackOptions } from "./track/track.js";
export type { Truth } from "./truth/truth.js";
export type { DriveCommand } from "./vehicle/motion.js";
export { type Obstacle, type Prop, type Sign, type SignKind, signClasses } from "./world/prop.js";
