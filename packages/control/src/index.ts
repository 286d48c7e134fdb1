export * from "./command-log.js";
export * from "./drive.js";
export type { DriveHealth, DriveStreamHealth } from "./drive-health.js";
export type { GateInput, Wish } from "./fault.js";
export { COMMAND_TOPIC, commandSources, PREDICTION_TOPIC } from "./messages.js";
export { RECOVERY_PREDICTIONS } from "./pilot.js";
export * from "./safety-gate.js";
export { wantedSpeed } from "./speed.js";
export type { StreamWatch } from "./stream-watch.js";
