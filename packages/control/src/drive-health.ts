import type { Contract, Nanoseconds } from "@polypilot/core";
import { healthBoard } from "@polypilot/streams";
import { type LatencyHistogram, latencyHistogram } from "./latency-histogram.js";

/** What happened to one stream since the start. */
export interface DriveStreamHealth {
  readonly received: number;
  /** Rate of arrival over the last 2 s, in Hz; 0 before the second message. */
  readonly rateHz: number;
  /** Age of the newest usable sample now; undefined if there never was one. */
  readonly ageNs: Nanoseconds | undefined;
  /** Messages that went into no prediction, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Parts of messages that could not be used although the rest was enough, by reason. */
  readonly warnings: Readonly<Record<string, number>>;
}

/** How a drive is going. */
export interface DriveHealth {
  readonly streams: Readonly<Record<string, DriveStreamHealth>>;
  /** From the reference stream's stamp to the first command made from it, in ms; NaN before the first. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly count: number };
  readonly predictions: number;
  /** Predictions that failed: the model or its worker gave an error. */
  readonly predictionErrors: number;
  /** Predictions that were refused because a number was NaN or infinite. */
  readonly refused: number;
  /** Why the last prediction failed; empty if it did not. */
  readonly lastError: string;
  readonly commands: number;
  /** Commands that the safety gate gave in the policy's place, by reason. */
  readonly safety: Readonly<Record<string, number>>;
  /** The last command's source and reason. */
  readonly state: { readonly source: "policy" | "person" | "safety" | "none"; readonly reason: string };
}

/** Counts what `DriveHealth` tells. */
export interface Ledger {
  received(stream: string, stampNs: Nanoseconds, receivedNs: Nanoseconds): void;
  dropped(stream: string, reason: string): void;
  warned(stream: string, warnings: Readonly<Record<string, number>>): void;
  /** All drops of a stream so far. */
  drops(stream: string): number;
  readonly latency: LatencyHistogram;
  readonly predictions: { good: number; errors: number; refused: number };
  command(source: "policy" | "person" | "safety", reason: string): void;
  health(newest: (stream: string) => Nanoseconds | undefined, nowNs: Nanoseconds): Omit<DriveHealth, "lastError">;
}

/** A ledger with nothing in it. Its size is bounded by the numbers of streams and reasons. */
export function ledger(contract: Contract): Ledger {
  const board = healthBoard(Object.keys(contract.streams));
  const totals = new Map<string, number>();
  const warnings = new Map<string, Record<string, number>>();
  const latency = latencyHistogram();
  const predictions = { good: 0, errors: 0, refused: 0 };
  const safety: Record<string, number> = {};
  let commands = 0;
  let state: DriveHealth["state"] = { source: "none", reason: "" };
  return {
    received: (stream, stampNs, receivedNs) => board.receive(stream, stampNs, receivedNs),
    dropped(stream, reason) {
      board.drop(stream, reason);
      totals.set(stream, (totals.get(stream) ?? 0) + 1);
    },
    warned(stream, more) {
      const counts = warnings.get(stream) ?? {};
      for (const [reason, by] of Object.entries(more)) counts[reason] = (counts[reason] ?? 0) + by;
      warnings.set(stream, counts);
    },
    drops: (stream) => totals.get(stream) ?? 0,
    latency,
    predictions,
    command(source, reason) {
      commands += 1;
      state = { source, reason };
      if (source === "safety") safety[reason] = (safety[reason] ?? 0) + 1;
    },
    health: (newest, nowNs) => ({
      streams: Object.fromEntries(
        Object.entries(board.at(nowNs)).map(([name, { received, rateHz, dropped }]) => {
          const newestNs = newest(name);
          const ageNs = newestNs === undefined ? undefined : nowNs - newestNs;
          return [name, { received, rateHz, ageNs, drops: dropped, warnings: { ...warnings.get(name) } }];
        }),
      ),
      latencyMs: { p50: latency.quantileMs(0.5), p99: latency.quantileMs(0.99), count: latency.count },
      predictions: predictions.good,
      predictionErrors: predictions.errors,
      refused: predictions.refused,
      commands,
      safety: { ...safety },
      state,
    }),
  };
}
