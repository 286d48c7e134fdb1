import { statfs } from "node:fs/promises";
import { bytes } from "../units.js";
import type { Finding } from "./finding.js";
import { firstLine } from "./probe.js";

const OLDEST_NODE = [20, 20, 2] as const;
const FREE_BYTES = 2e9;
const COMPILER =
  "sudo apt-get install -y g++ (Debian, Ubuntu); sudo dnf install -y gcc-c++ (Fedora); xcode-select --install (macOS); then npm run setup";
const PYTHON =
  "sudo apt-get install -y python3 python3-pip (Debian, Ubuntu); sudo dnf install -y python3 python3-pip (Fedora); then npm run setup";

/** Whether `version` is at least `oldest`, part by part. */
export function isAtLeast(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  const different = oldest.findIndex((n, i) => parts[i] !== n);
  return different < 0 || (parts[different] ?? 0) > oldest[different]!;
}

function node(): Finding {
  const { node: version } = process.versions;
  const fine = isAtLeast(version, OLDEST_NODE);
  return {
    name: "Node",
    state: fine ? "ok" : "old",
    found: `${version} (N-API ${process.versions.napi})`,
    neededFor: "everything",
    toType: fine ? "" : "nvm install 20, or https://nodejs.org",
    required: true,
  };
}

function tool(name: string, found: string | undefined, neededFor: string, toType: string, required = false): Finding {
  const state = found ? "ok" : "missing";
  return { name, state, found: found || "not found", neededFor, toType: found ? "" : toType, required };
}

async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(process.cwd());
  const free = bavail * bsize;
  const fine = free >= FREE_BYTES;
  return {
    name: "Free disk",
    state: fine ? "ok" : "missing",
    found: `${bytes(free)} here`,
    neededFor: "set-up (1.5 GB with TensorFlow) and recordings (about 100 MB a minute)",
    toType: fine ? "" : "delete old folders under runs/",
    required: false,
  };
}

/** Node, npm, compiler, Python with pip, and free disk. */
export async function systemFindings(): Promise<readonly Finding[]> {
  const [npm, compiler, python, pip] = await Promise.all([
    firstLine("npm", ["--version"]),
    firstLine("g++", ["--version"]),
    firstLine("python3", ["--version"]),
    firstLine("python3", ["-m", "pip", "--version"]),
  ]);
  const forTraining = "making the native TensorFlow library, once";
  return [
    node(),
    tool("npm", npm, "set-up", "it comes with Node: https://nodejs.org"),
    tool("C++ compiler", compiler, forTraining, COMPILER),
    tool("Python", python, forTraining, PYTHON),
    tool("pip", pip?.replace(/ from .*/, ""), "fetching libtensorflow, once", PYTHON),
    await disk(),
  ];
}
