import type { Random } from "@polypilot/core";

/** How a line is painted over a stretch of road. */
type Paint = "solid" | "dashed" | "worn_solid" | "worn_dashed" | "missing";

interface Stretch {
  readonly endM: number;
  readonly paint: Paint;
}

/** One painted line: which edge or middle it follows, and how it is painted where. */
export interface Marking {
  readonly line: "left" | "centre" | "right";
  readonly widthM: number;
  readonly colour: "white" | "yellow";
  readonly dashM: number;
  readonly gapM: number;
  /** How much of a worn line's paint is left, 0…1. */
  readonly wornStrength: number;
  paintAt(progressM: number): Paint;
}

/** What of the paint lies at an arc length: 0 none, 1 solid line, 2 dash of a dashed line. */
export function paintClass(marking: Marking, progressM: number): 0 | 1 | 2 {
  const paint = marking.paintAt(progressM);
  if (paint === "missing") return 0;
  if (paint === "solid" || paint === "worn_solid") return 1;
  return progressM % (marking.dashM + marking.gapM) < marking.dashM ? 2 : 0;
}

function pick(rng: Random, usual: "solid" | "dashed", plain: number): Paint {
  const u = rng.uniform();
  if (u < plain) return usual;
  if (u < plain + 0.6 * (1 - plain)) return usual === "solid" ? "worn_solid" : "worn_dashed";
  if (u < plain + 0.75 * (1 - plain)) return usual === "solid" ? "dashed" : "solid";
  return "missing";
}

function stretches(rng: Random, lengthM: number, usual: "solid" | "dashed"): Stretch[] {
  const plain = 0.55 + 0.4 * rng.uniform();
  const out: Stretch[] = [];
  for (let endM = 0; endM < lengthM; ) {
    endM = Math.min(lengthM, endM + 5 + 10 * rng.uniform());
    out.push({ endM, paint: pick(rng, usual, plain) });
  }
  return out;
}

/** The lines of a road: white edges, and with two lanes a middle line, each with worn and missing stretches by seed. */
export function markingsOf(rng: Random, lanes: 1 | 2, lengthM: number): Marking[] {
  const widthM = 0.03 + 0.025 * rng.uniform();
  const middle = rng.uniform() < 0.6 ? "yellow" : "white";
  const middlePaint = rng.uniform() < 0.7 ? "dashed" : "solid";
  const edgePaint = rng.uniform() < 0.85 ? "solid" : "dashed";
  const dashM = 0.25 + 0.2 * rng.uniform();
  const gapM = 0.2 + 0.25 * rng.uniform();
  const lines: Marking["line"][] = lanes === 2 ? ["left", "centre", "right"] : ["left", "right"];
  return lines.map((line) => {
    const own = rng.fork(line);
    const parts = stretches(own, lengthM, line === "centre" ? middlePaint : edgePaint);
    // The pattern closes with the course: a whole number of dashes.
    const count = Math.max(1, Math.round(lengthM / (dashM + gapM)));
    const scale = lengthM / (count * (dashM + gapM));
    return {
      line,
      widthM,
      colour: line === "centre" ? middle : "white",
      dashM: dashM * scale,
      gapM: gapM * scale,
      wornStrength: 0.3 + 0.4 * own.uniform(),
      paintAt: (progressM) => {
        const s = ((progressM % lengthM) + lengthM) % lengthM;
        return (parts.find((part) => s < part.endM) ?? parts.at(-1)!).paint;
      },
    };
  });
}
