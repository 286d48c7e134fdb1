import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RosInstallation } from "@polypilot/ros";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRos, testEnvironment } from "./harness/with-ros.js";

const source = fileURLToPath(new URL("../../../launch", import.meta.url));
const program = fileURLToPath(new URL("harness/real_launch.py", import.meta.url));

/** POLYPILOT_LAUNCH lists folders with launch and launch_ros for Python, where the ROS 2 at hand has none. */
function environment(ros: RosInstallation, prefix: string): NodeJS.ProcessEnv {
  const env = testEnvironment(ros);
  const before = (first: string | undefined, then: string | undefined) => [first, then].filter(Boolean).join(delimiter);
  return {
    ...env,
    PATH: before(join(ros.prefix, "bin"), env.PATH),
    AMENT_PREFIX_PATH: before(prefix, env.AMENT_PREFIX_PATH),
    PYTHONPATH: before(process.env.POLYPILOT_LAUNCH, env.PYTHONPATH),
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    ROS_LOG_DIR: join(prefix, "log"),
  };
}

/** The package `polypilot` as colcon installs it: with CMake, into a prefix of its own. */
function install(ros: RosInstallation, prefix: string): void {
  const options = { env: environment(ros, prefix), encoding: "utf8" as const, stdio: "pipe" as const };
  const own = join(ros.prefix, "bin", "cmake");
  const cmake = (...args: string[]) => execFileSync(existsSync(own) ? own : "cmake", args, options);
  cmake(
    "-S",
    source,
    "-B",
    join(prefix, "build"),
    `-DCMAKE_INSTALL_PREFIX=${prefix}`,
    `-DPython3_EXECUTABLE=${ros.python}`,
  );
  cmake("--install", join(prefix, "build"));
}

function hasLaunch(ros: RosInstallation): boolean {
  const { status } = spawnSync(ros.python, ["-c", "import launch, launch_ros.actions"], { env: environment(ros, "") });
  if (status !== 0) {
    console.warn(
      "skipped: launch files by ROS 2's own launch: this ROS 2 has no launch_ros (POLYPILOT_LAUNCH names one)",
    );
  }
  return status === 0;
}

describeWithRos("the installed package polypilot", (ros) => {
  const withLaunch = hasLaunch(ros);
  let prefix = "";
  let child: ChildProcess | undefined;
  const files = () => join(prefix, "share", "polypilot", "launch");

  beforeAll(() => {
    prefix = mkdtempSync(join(tmpdir(), "polypilot-ament-"));
    install(ros, prefix);
  });
  afterAll(() => {
    if (child && child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL"); // its nodes too
    rmSync(prefix, { recursive: true, force: true });
  });

  it("holds every launch file, what they share, and a program a node that starts from anywhere", () => {
    const wanted = readdirSync(source).filter((name) => name.endsWith(".py"));
    expect(readdirSync(files()).sort()).toEqual(wanted.sort());
    const { stderr, status } = spawnSync(
      join(prefix, "lib", "polypilot", "mux"),
      ["--ros-args", "-p", "timeout_sec:=99.0"],
      {
        cwd: tmpdir(),
        env: environment(ros, prefix),
        encoding: "utf8",
      },
    );
    expect(stderr).toContain("timeout_sec is from 0.02 to 5");
    expect(status).toBe(2);
  });

  it.skipIf(!withLaunch)("is read by ROS 2's own launch, where it stands and where it is installed", () => {
    const names = readdirSync(files()).filter((name) => name.endsWith(".launch.py"));
    const paths = [files(), source].flatMap((folder) => names.map((name) => join(folder, name)));
    const taken = JSON.parse(
      execFileSync(ros.python, [program, "arguments", ...paths], { env: environment(ros, prefix), encoding: "utf8" }),
    ) as Record<string, string[]>;
    expect(Object.keys(taken)).toEqual(paths);
    for (const path of paths)
      expect(taken[path]).toEqual(expect.arrayContaining(["contract", "params_file", "namespace"]));
  });

  it.skipIf(!withLaunch)(
    "starts nodes by ROS 2's own launch with the parameters that were given, and ends them",
    async () => {
      child = spawn(
        ros.python,
        [program, "run", join(files(), "sim.launch.py"), "seed:=7", "namespace:=car1", "drive:=true"],
        {
          env: environment(ros, prefix),
          cwd: tmpdir(),
          stdio: ["ignore", "pipe", "pipe"],
          detached: true,
        },
      );
      let log = "";
      let stopped = false;
      const ended = new Promise((resolve) => child!.once("close", resolve));
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.on("data", (data) => {
          log += data;
          const active = ["drive", "sim"].every((name) => log.includes(`[car1.${name}]: activating → active`));
          if (active && !stopped) stopped = child!.kill("SIGINT");
        });
      }
      await ended;
      expect(log).toMatch(/\[car1\.sim\]: track 7,/);
      expect(log.match(/process has finished cleanly/g)).toHaveLength(2);
    },
  );
});
