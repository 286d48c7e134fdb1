import type { Moment } from "../closed-loop/trace.js";
import { duration, percent, readable } from "../units.js";
import type { DriveSummary } from "./summary.js";

type Line = (moment: Moment) => number;

/** The drive as a page: key figures, what was commanded, limited and executed, and the streams. */
export async function driveReport(summary: Omit<DriveSummary, "report">, moments: readonly Moment[]): Promise<string> {
  const { facts, lineChart, page, table } = await import("@polypilot/training");
  const series = (name: string, y: Line) => ({ name, points: moments.map((m) => ({ x: m.sec, y: y(m) })) });
  const chart = (title: string, y: string, caption: string, lines: readonly (readonly [string, Line])[]) =>
    lineChart({ title, x: "time in s", y, caption, width: 720, series: lines.map(([name, of]) => series(name, of)) });
  const course =
    moments.length < 2
      ? []
      : await Promise.all([
          chart(
            "Steering",
            "rad, left positive",
            "What the policy wanted, what the safety gate let through, what the wheels did.",
            [
              ["commanded", (m) => m.commandedRad],
              ["limited", (m) => m.limitedRad],
              ["executed", (m) => m.executedRad],
            ],
          ),
          chart("Speed", "m/s", "Wanted, let through and driven.", [
            ["commanded", (m) => m.commandedMps],
            ["limited", (m) => m.limitedMps],
            ["executed", (m) => m.executedMps],
          ]),
          chart("Place in the lane", "m from the middle, left positive", "Distance from the lane's middle.", [
            ["offset", (m) => m.laneOffsetM],
          ]),
        ]);
  const streams = Object.entries(summary.streams).map(([name, s]) => [
    name,
    s.received,
    readable(s.rateHz),
    s.ageMs === undefined ? "never came" : readable(s.ageMs),
    reasons(s.drops),
    reasons(s.warnings),
  ]);
  const safety = Object.entries(summary.safety).map(([reason, count]) => [reason.replaceAll("_", " "), count]);
  return page(
    `Drive of ${summary.robot}`,
    [
      { title: "Course", parts: course },
      {
        title: "Streams",
        parts: [table(["stream", "messages", "Hz", "age at the end in ms", "dropped", "repaired"], streams)],
      },
      {
        title: "Safety gate",
        intro: "Commands that the safety gate gave in the policy's place.",
        parts: safety.length > 0 ? [table(["reason", "commands"], safety)] : [],
      },
    ],
    { subtitle: subtitle(summary), lead: facts(keyFigures(summary)) },
  );
}

const reasons = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`)
    .join(", ") || "none";

function subtitle(s: Omit<DriveSummary, "report">): string {
  const where = s.source === "sim" ? `track ${s.seed}` : s.source;
  const who = s.driver === "policy" ? `${s.checkpoint} on ${s.runtime}` : s.driver;
  return `${where}, ${duration(s.elapsedSec)}${s.virtual ? " of virtual time" : ""}, driven by ${who}`;
}

function keyFigures(s: Omit<DriveSummary, "report">): [string, string, string?][] {
  const latency = s.latencyMs && s.latencyMs.count > 0 ? s.latencyMs : undefined;
  return [
    ...(s.autonomy === undefined
      ? []
      : ([
          ["autonomy", percent(s.autonomy), `${s.interventions} interventions`],
          ["distance", `${readable(s.distanceM ?? 0)} m`, `${readable(s.meanSpeedMps ?? 0)} m/s`],
          ["off the middle", `${readable((s.lateralMeanM ?? 0) * 100)} cm`, "mean"],
        ] as [string, string, string][])),
    ...(latency
      ? ([["camera to command", `${readable(latency.p50)} ms`, `p99 ${readable(latency.p99)} ms`]] as [
          string,
          string,
          string,
        ][])
      : []),
    ["commands", String(s.commands), `sha256 ${s.commandsSha256.slice(0, 12)}…`],
  ];
}
