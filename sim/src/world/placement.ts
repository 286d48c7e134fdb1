import type { Random } from "@polypilot/core";
import type { Track } from "../track/track.js";
import { footprintRadiusM, type Obstacle, type Prop, pack, type Sign, type SignKind } from "./prop.js";

const SIGN_GAP_M = 3;
const SHARP_CURVATURE = 0.55;

/** The point beside the course at a lateral distance (left positive). */
function beside(track: Track, progressM: number, lateralM: number) {
  const p = track.course.at(progressM);
  return {
    x: p.x - lateralM * Math.sin(p.headingRad),
    y: p.y + lateralM * Math.cos(p.headingRad),
    headingRad: p.headingRad,
  };
}

/** Whether a round thing keeps off the driven lane everywhere along the course, by `gapM`. */
function keepsOff(track: Track, x: number, y: number, radiusM: number, gapM: number): boolean {
  const { progressM, lateralM } = track.course.locate(x, y);
  const away = Math.abs(lateralM - track.laneCentreM(progressM));
  return away - radiusM >= track.laneWidthM(progressM) / 2 + gapM;
}

function signAt(track: Track, rng: Random, progressM: number, sign: SignKind, mirrored: boolean): Sign | undefined {
  const place = beside(track, progressM, -(track.halfWidthM(progressM) + 0.14 + 0.14 * rng.uniform()));
  const plateM = 0.15 + 0.06 * rng.uniform();
  if (!keepsOff(track, place.x, place.y, plateM / 2, 0)) return undefined;
  const yawRad = place.headingRad + Math.PI + 0.25 * (rng.uniform() - 0.5);
  return {
    kind: "sign",
    x: place.x,
    y: place.y,
    yawRad,
    sign,
    mirrored,
    plateM,
    centreM: 0.2 + plateM / 2 + 0.08 * rng.uniform(),
    progressM,
  };
}

/** Signs at the right-hand side: bends are announced 0.8–1.6 m ahead of them, the others stand anywhere. */
export function placeSigns(track: Track, rng: Random): Sign[] {
  const signs: Sign[] = [];
  const add = (progressM: number, kind: SignKind, mirrored = false) => {
    const s = ((progressM % track.lengthM) + track.lengthM) % track.lengthM;
    const gap = (other: number) => Math.abs(s - other - track.lengthM * Math.round((s - other) / track.lengthM));
    if (signs.some((sign) => gap(sign.progressM) < SIGN_GAP_M)) return;
    const sign = signAt(track, rng, s, kind, mirrored);
    if (sign) signs.push(sign);
  };
  for (let s = 0; s < track.lengthM; s += 0.25) {
    const here = Math.abs(track.course.at(s).curvature);
    const before = Math.abs(track.course.at(s - 0.25).curvature);
    if (here >= SHARP_CURVATURE && before < SHARP_CURVATURE && rng.uniform() < 0.75)
      add(s - 0.8 - 0.8 * rng.uniform(), "sharp_bend", track.course.at(s).curvature > 0);
  }
  for (let i = 0; i < Math.round(track.lengthM / 7); i += 1)
    add(track.lengthM * rng.uniform(), rng.uniform() < 0.6 ? "speed_limit" : "stop");
  return signs;
}

function obstacleAt(rng: Random, x: number, y: number): Obstacle {
  const tint = () => 40 + 180 * rng.uniform();
  const kind = (["box", "cone", "barrel"] as const)[rng.integer(3)]!;
  if (kind === "box") {
    const side = () => 0.12 + 0.25 * rng.uniform();
    return {
      kind,
      x,
      y,
      yawRad: 2 * Math.PI * rng.uniform(),
      lengthM: side(),
      widthM: side(),
      heightM: 0.18 + 0.25 * rng.uniform(),
      colour: pack(tint(), tint(), tint()),
    };
  }
  const radiusM = kind === "cone" ? 0.07 + 0.04 * rng.uniform() : 0.09 + 0.06 * rng.uniform();
  const colour = kind === "cone" ? pack(235, 90 + 30 * rng.uniform(), 30) : pack(tint(), tint(), tint());
  return {
    kind,
    x,
    y,
    radiusM,
    heightM: kind === "cone" ? 0.24 + 0.1 * rng.uniform() : 0.26 + 0.1 * rng.uniform(),
    colour,
  };
}

/** Boxes, cones and barrels on the verges, and with two lanes some in the opposite lane; never in the driven lane. */
export function placeObstacles(track: Track, rng: Random, others: readonly Prop[]): Obstacle[] {
  const out: Obstacle[] = [];
  const wanted = Math.round(track.lengthM * (0.25 + 0.3 * rng.uniform()));
  for (let i = 0; i < wanted; i += 1) {
    const progressM = track.lengthM * rng.uniform();
    const half = track.halfWidthM(progressM);
    const side = rng.uniform() < 0.5 ? 1 : -1;
    const opposite = track.lanes === 2 && rng.uniform() < 0.15;
    const lateralM = opposite ? half * (0.45 + 0.3 * rng.uniform()) : side * (half + 0.2 + 0.9 * rng.uniform());
    const place = beside(track, progressM, lateralM);
    const obstacle = obstacleAt(rng, place.x, place.y);
    const radiusM = footprintRadiusM(obstacle);
    const free = [...others, ...out].every(
      (prop) => Math.hypot(prop.x - place.x, prop.y - place.y) > radiusM + footprintRadiusM(prop) + 0.05,
    );
    if (free && keepsOff(track, place.x, place.y, radiusM, 0.03)) out.push(obstacle);
  }
  return out;
}

const BARRIER_CURVATURE = 0.35;
const BARRIER_PIECE_M = 0.45;

/** Low walls in pieces along the outside of bends, on most worlds; they give the lidar the road's shape. */
export function placeBarriers(track: Track, rng: Random): Obstacle[] {
  if (rng.uniform() < 0.35) return [];
  const gapM = 0.2 + 0.5 * rng.uniform();
  const heightM = 0.17 + 0.08 * rng.uniform();
  const colours = [pack(200, 200, 196), rng.uniform() < 0.5 ? pack(180, 40, 36) : pack(90, 92, 96)] as const;
  const out: Obstacle[] = [];
  const count = Math.floor(track.lengthM / BARRIER_PIECE_M);
  for (let i = 0; i < count; i += 1) {
    const progressM = i * BARRIER_PIECE_M;
    const { curvature } = track.course.at(progressM);
    if (Math.abs(curvature) < BARRIER_CURVATURE) continue;
    const place = beside(track, progressM, -Math.sign(curvature) * (track.halfWidthM(progressM) + gapM));
    if (!keepsOff(track, place.x, place.y, BARRIER_PIECE_M / 2, 0)) continue;
    const { x, y, headingRad: yawRad } = place;
    out.push({ kind: "box", x, y, yawRad, lengthM: BARRIER_PIECE_M, widthM: 0.05, heightM, colour: colours[i & 1]! });
  }
  return out;
}

/** Kerbs: on some worlds none, on others along stretches by seed. */
export function placeKerbs(track: Track, rng: Random) {
  const share = rng.uniform() < 0.4 ? 0 : 0.3 + 0.6 * rng.uniform();
  const stretchM = 4;
  const count = Math.ceil(track.lengthM / stretchM);
  const stretch = Array.from({ length: count }, () => ({
    left: rng.uniform() < share,
    right: rng.uniform() < share,
  }));
  return (progressM: number) => {
    const s = ((progressM % track.lengthM) + track.lengthM) % track.lengthM;
    return stretch[Math.min(count - 1, Math.floor(s / stretchM))]!;
  };
}
