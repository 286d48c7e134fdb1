import { nsToMs } from "@polypilot/core";
import { losses } from "../drive/losses.js";
import { table } from "../table.js";
import { duration, percent, readable } from "../units.js";
import { bar } from "./bar.js";
import { halfBlocks } from "./half-blocks.js";
import type { Scene } from "./scene.js";

const WIDTH = 56;
/** Ends of the lane gauge. */
const LANE_M = 0.4;

/** Age, rate and drops of each stream, as rows. */
function streamRows(scene: Scene): (string | number)[][] {
  return Object.entries(scene.streams).map(([name, stream]) => {
    const lost = Object.entries(losses(stream.drops).lost).map(([reason, count]) => `${count} ${reason}`);
    return [
      name,
      `${readable(stream.rateHz)} Hz`,
      stream.ageNs === undefined ? "never came" : `${readable(nsToMs(stream.ageNs), 2)} ms old`,
      lost.length > 0 ? `dropped ${lost.join(", ")}` : "",
    ];
  });
}

/** The picture of a terminal: camera, bars and streams, redrawn in place. */
export function sceneLines(scene: Scene, columns: number, trueColour: boolean): readonly string[] {
  const wide = Math.max(20, Math.min(WIDTH, columns - 2));
  const gauge = (name: string, drawn: string, value: string) => `  ${name.padEnd(9)}${drawn}  ${value}`;
  const scale = Math.max(11, Math.min(33, wide - 21));
  const time = scene.totalSec === undefined ? "" : ` of ${duration(scene.totalSec)}`;
  const p = scene.latencyMs;
  return [
    ...(scene.picture ? halfBlocks(scene.picture, wide, trueColour).map((line) => `  ${line}`) : []),
    gauge("steering", bar(scene.steeringRad, scene.steeringRange, scale, true), `${scene.steeringRad.toFixed(3)} rad`),
    gauge("speed", bar(scene.speedMps, scene.speedRange, scale), `${scene.speedMps.toFixed(2)} m/s`),
    ...(Number.isNaN(scene.laneOffsetM)
      ? []
      : [gauge("lane", bar(scene.laneOffsetM, [-LANE_M, LANE_M], scale, true), `${scene.laneOffsetM.toFixed(2)} m`)]),
    `  ${duration(scene.elapsedSec)}${time}, ${readable(scene.distanceM)} m, ${scene.who}${outcome(scene)}`,
    ...(p && p.count > 0 ? [`  camera to command: p50 ${readable(p.p50)} ms, p99 ${readable(p.p99)} ms`] : []),
    ...table(streamRows(scene)).split("\n"),
    "  Ctrl-C stops the robot.",
  ];
}

const outcome = (scene: Scene) =>
  Number.isNaN(scene.autonomy) ? "" : `, autonomy ${percent(scene.autonomy)} (${scene.interventions} interventions)`;

/** One line, for logs and for terminals that are none. */
export function sceneLine(scene: Scene): string {
  const streams = Object.entries(scene.streams)
    .map(([name, { rateHz, ageNs, drops }]) => {
      const lost = Object.values(losses(drops).lost).reduce((sum, n) => sum + n, 0);
      const age = ageNs === undefined ? "never" : `${readable(nsToMs(ageNs), 2)} ms`;
      return `${name} ${readable(rateHz)} Hz ${age}${lost > 0 ? ` −${lost}` : ""}`;
    })
    .join(", ");
  const lane = Number.isNaN(scene.laneOffsetM) ? "" : `  lane ${scene.laneOffsetM.toFixed(2).padStart(5)} m`;
  return (
    `${scene.elapsedSec.toFixed(1).padStart(6)} s  steering ${scene.steeringRad.toFixed(3).padStart(6)} rad` +
    `  speed ${scene.speedMps.toFixed(2)} m/s${lane}  ${scene.who}  | ${streams}`
  );
}
