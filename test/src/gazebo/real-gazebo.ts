import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../../scripts/gazebo.mjs", import.meta.url));

/** Whether a real Gazebo classic is here. With POLYPILOT_GAZEBO=required it must be. */
export const hasGazebo =
  process.env.POLYPILOT_GAZEBO === "required" ||
  spawnSync(process.execPath, [script, "where"], { stdio: "ignore" }).status === 0;

const gazeboNote = "no Gazebo classic on PATH or in the cache (npm run test:gazebo installs it)";

if (!hasGazebo) process.stderr.write(`Skipped: the tests with a real Gazebo: ${gazeboNote}.\n`);

/** A real gzserver with a track's world. */
export interface RealGazebo {
  readonly port: number;
  /** Where it speaks gz-transport, on 127.0.0.1: Gazebo classic has some services there. */
  readonly partition: string;
  /** As a power cut would end it. */
  kill(): void;
  stop(): Promise<void>;
}

let started = 0;

/** Starts Gazebo with the world of a seed, and waits until it answers. */
export async function realGazebo(seed: number): Promise<RealGazebo> {
  started += 1;
  const partition = `polypilot_${process.pid}_${started}`;
  const child: ChildProcess = spawn(process.execPath, [script, "--seed", String(seed), "--port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, IGN_PARTITION: partition },
  });
  let said = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr!.on("data", (data: Buffer) => {
      said += data.toString();
      const found = /Gazebo runs on 127\.0\.0\.1:(\d+)\./.exec(said)?.[1];
      if (found) resolve(Number(found));
    });
    void ended.then(() => reject(new Error(`Gazebo did not start:\n${said}`)));
  });
  return {
    port,
    partition,
    kill: () => void spawnSync("pkill", ["-KILL", "-f", `GAZEBO_MASTER_URI=http://127.0.0.1:${port}`]),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
