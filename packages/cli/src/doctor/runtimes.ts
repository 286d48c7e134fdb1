import { createRequire } from "node:module";
import type { Finding } from "./finding.js";
import { firstLine, probe } from "./probe.js";

/** Loads something in a process of its own, since a native library that does not fit ends the process. */
const load = (script: string) =>
  probe(process.execPath, ["--input-type=module", "--eval", script], {
    timeoutMs: 60_000,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
  });

async function tensorflow(): Promise<Finding> {
  const backend = await load(
    `import { loadBackend } from ${JSON.stringify(import.meta.resolve("@polypilot/mtl"))};
     console.log(JSON.stringify(await loadBackend())); process.exit();`,
  );
  const info = backend
    ? (JSON.parse(backend.split("\n").at(-1)!) as { name: string; description: string; missing?: string })
    : { name: "none", description: "", missing: "it could not be loaded" };
  const native = info.name === "tensorflow";
  return {
    name: "TensorFlow",
    state: native ? "ok" : "missing",
    found: native ? info.description : (info.missing ?? "no native library"),
    neededFor: "training, and polypilot evaluate --data",
    toType: native ? "" : "npm run setup (needs a C++ compiler and Python with pip)",
    required: false,
  };
}

async function onnxruntime(): Promise<Finding> {
  const mtl = createRequire(import.meta.resolve("@polypilot/mtl"));
  let version: string | undefined;
  try {
    const file = mtl.resolve("onnxruntime-node");
    const loaded = await load(
      `import { createRequire } from "node:module";
       const load = createRequire(${JSON.stringify(import.meta.url)});
       console.log(load(${JSON.stringify(file)}).env.versions.node); process.exit();`,
    );
    version = loaded;
  } catch {
    version = undefined;
  }
  return {
    name: "onnxruntime-node",
    state: version ? "ok" : "missing",
    found: version ? `${version} (CPU)` : "it does not load here",
    neededFor: "driving with the least delay; without it WebAssembly does the work",
    toType: version ? "" : "npm run setup",
    required: false,
  };
}

async function gpu(): Promise<Finding> {
  const found = await firstLine("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader"]);
  return {
    name: "GPU",
    state: found ? "ok" : "missing",
    found: found ?? "no NVIDIA driver",
    neededFor: "faster training; everything works without",
    toType: "",
    required: false,
  };
}

function ros(): Finding {
  const distribution = process.env.ROS_DISTRO;
  const prefix = process.env.AMENT_PREFIX_PATH;
  return {
    name: "ROS 2",
    state: distribution && prefix ? "ok" : "missing",
    found: distribution && prefix ? `${distribution} in ${prefix.split(":")[0]}` : "no ROS 2 in this shell",
    neededFor: "robots that speak ROS 2; the built-in simulator and recordings need none",
    toType: distribution && prefix ? "" : "source /opt/ros/jazzy/setup.bash (https://docs.ros.org)",
    required: false,
  };
}

/** What computes, and what speaks to robots. */
export async function runtimeFindings(): Promise<readonly Finding[]> {
  return [...(await Promise.all([tensorflow(), onnxruntime(), gpu()])), ros()];
}
