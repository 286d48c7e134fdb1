import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { nodes } from "@polypilot/ros";
import { describe, expect, it } from "vitest";

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const stub = fileURLToPath(new URL("harness/launch_stub.py", import.meta.url));
const python = spawnSync("python3", ["--version"]).status === 0;
if (!python) console.warn("skipped: launch files are read by python3, which is not here");

interface Started {
  readonly package?: string;
  readonly executable: string;
  readonly name: string;
  readonly namespace: string;
  readonly parameters: readonly (string | Readonly<Record<string, boolean | number | string>>)[];
  readonly include?: string;
  readonly arguments?: readonly string[];
}

function launch(name: string, given: Readonly<Record<string, string>> = {}) {
  const text = execFileSync("python3", [stub, root(`launch/${name}.launch.py`), JSON.stringify(given)], {
    encoding: "utf8",
    stdio: "pipe",
  });
  return JSON.parse(text) as { declared: Record<string, string>; started: Started[]; unknown: string[] };
}

/** Parameters that ROS itself or every node has. */
const common: Readonly<Record<string, string>> = { use_sim_time: "boolean", autostart: "boolean" };

function checkParameters({ executable, parameters }: Started): void {
  const specs = nodes[executable]!.parameters;
  for (const set of parameters) {
    if (typeof set === "string") continue; // a file
    for (const [key, value] of Object.entries(set)) {
      const type = specs[key] ? typeof specs[key].default : common[key];
      expect(type, `${executable} declares ${key}`).toBeDefined();
      expect(typeof value, `${executable}: ${key}`).toBe(type === "bigint" ? "number" : type);
    }
  }
}

const arguments_ = [
  "namespace",
  "params_file",
  "use_sim_time",
  "autostart",
  "log_level",
  "contract",
  "relative_topics",
];
const everything: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  drive: {
    teleop: "true",
    checkpoint: "runs/model",
    contract: "robot.yaml",
    namespace: "car1",
    params_file: "own.yaml",
    mode: "standby",
  },
  record: { all: "true", folder: "/data", task: "1", compression: "zstd" },
  teleop: { namespace: "car1" },
  sim: { seed: "7", drive: "true", real_time_factor: "0.5", truth: "all", checkpoint: "runs/model" },
  gazebo: { world: "w.sdf", checkpoint: "runs/model", bridge: "b.yaml" },
};

describe.skipIf(!python)("launch files", () => {
  it.each(Object.keys(everything))(
    "%s declares what users expect, and starts nodes with parameters that they declare",
    (name) => {
      for (const given of [{}, everything[name]!]) {
        const { declared, started, unknown } = launch(name, given);
        expect(unknown).toEqual([]);
        expect(Object.keys(declared)).toEqual(expect.arrayContaining(arguments_));
        const own = started.filter((one) => one.package === "polypilot");
        expect(own.length).toBeGreaterThan(0);
        for (const one of own) checkParameters(one);
      }
    },
  );

  it("puts the model behind a mux where a person may drive too", () => {
    const { started } = launch("drive", everything.drive);
    const drive = started.find(({ executable }) => executable === "drive")!;
    expect(drive).toMatchObject({
      namespace: "car1",
      parameters: [{ command_topic: "/policy/drive", mode: "standby" }, "own.yaml"],
    });
    const include = started.find(({ include: file }) => file)!;
    expect(include.arguments).toContain("contract");
    const inputs = nodes.mux!.parameters.inputs!.default as readonly string[];
    expect(inputs.some((input) => input.includes(":/policy/drive:"))).toBe(true);
    expect(launch("drive").started.find(({ executable }) => executable === "drive")!.parameters[0]).not.toHaveProperty(
      "command_topic",
    );
  });

  it("drives the simulator on its own clock, while the simulator itself keeps the wall's", () => {
    const { started } = launch("sim", everything.sim);
    const timeOf = (name: string) =>
      Object.assign({}, ...started.find((one) => one.name === name)!.parameters).use_sim_time;
    expect([timeOf("sim"), timeOf("drive")]).toEqual([false, true]);
  });

  it("starts what another package brings first: where that is missing, launch gives up and ends nothing", () => {
    const order = (name: string) => launch(name, everything[name]).started.map((one) => one.include ?? one.executable);
    expect(order("teleop")).toEqual(["joy_node", "teleop", "mux"]);
    expect(order("drive")).toEqual([expect.stringContaining("teleop.launch.py"), "drive"]);
    expect(order("gazebo")).toEqual([expect.stringContaining("gz_sim.launch.py"), "parameter_bridge", "drive"]);
  });

  it("names the argument that is not a number", () => {
    expect(() => launch("sim", { seed: "abc" })).toThrow("[launch] [seed] a whole number. Found abc. Give seed:=1.");
    expect(() => launch("sim", { real_time_factor: "" })).toThrow("[real_time_factor] a number. Found nothing.");
  });

  it("installs every node and every launch file", () => {
    const cmake = readFileSync(root("launch/CMakeLists.txt"), "utf8");
    for (const name of Object.keys(everything)) expect(cmake).toContain(`${name}.launch.py`);
    expect(cmake).toContain("polypilot_launch_parts.py");
    const listed = /foreach\(node ([a-z ]+)\)/.exec(cmake)?.[1]?.split(" ") ?? [];
    expect(listed.sort()).toEqual(Object.keys(nodes).sort());
  });
});
