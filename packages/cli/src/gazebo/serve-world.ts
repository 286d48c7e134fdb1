import { spawn } from "node:child_process";
import { PolypilotError } from "@polypilot/core";
import { shipped } from "../repository.js";

/** A gzserver of our own with a track's world. */
export interface ServedWorld {
  /** As `--source` takes it. */
  readonly source: string;
  stop(): Promise<void>;
}

/**
 * Starts Gazebo classic on a track's world and waits until it answers; installs it first where it is missing and can be.
 *
 * @throws PolypilotError `GAZEBO_SERVE` with what the start said, if it fails.
 */
export async function serveWorld(seed: number): Promise<ServedWorld> {
  const child = spawn(process.execPath, [shipped("scripts/gazebo.mjs"), "--seed", String(seed), "--port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const source = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (data: Buffer) => {
      said = (said + data.toString()).slice(-4000);
      const place = /Gazebo runs on ([\d.]+:\d+)\./.exec(said)?.[1];
      if (place) resolve(`gazebo:${place}`);
    });
    void ended.then(() =>
      reject(
        new PolypilotError("GAZEBO_SERVE", ["gazebo", `track ${seed}`], {
          expected: "gzserver starts",
          found: said.trim().split("\n").slice(-4).join(" / "),
          todo: "See npm run gazebo -- --help",
        }),
      ),
    );
  });
  return {
    source,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
