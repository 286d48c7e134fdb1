// Native TensorFlow for training: libtensorflow from its Python wheel and tfjs-node's addon compiled against it, because the
// binary that npm would fetch is not to be had behind many networks. Driving works without.
import { existsSync, lstatSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { compileTensorflow, tensorflowFolder } from "./compile-tensorflow.mjs";
import { withLock } from "./lock.mjs";
import { root, sha256, which } from "./places.mjs";
import { errorLine, runLogged } from "./run-logged.mjs";
import { say, step } from "./step.mjs";

const verifyScript = join(root, "scripts", "setup", "verify-tensorflow.cjs");

/** The folder of the package @tensorflow/tfjs-node as pnpm installed it, or undefined. */
function addonPackage() {
  const link = join(root, "packages", "mtl", "node_modules", "@tensorflow", "tfjs-node");
  return existsSync(link) ? realpathSync(link) : undefined;
}

/** What compiling needs and this machine lacks; looks at PATH only. */
export function missingTools() {
  return ["g++", "python3"].filter((tool) => !which(tool));
}

/** What to type to be able to train, for the usual systems. */
const advice = [
  "    Debian, Ubuntu   sudo apt-get install -y g++ python3 python3-pip",
  "    Fedora           sudo dnf install -y gcc-c++ python3 python3-pip",
  "    macOS            xcode-select --install",
  "    then             npm run setup",
].join("\n");

const hasBinary = (folder) =>
  existsSync(join(folder, "lib")) && existsSync(join(folder, "deps", "lib")) && !isLink(join(folder, "lib"));
const isLink = (path) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/** Loads the library in a process of its own, since a bad one would take this process down. */
async function verify(folder) {
  const text = await runLogged("tensorflow-verify", process.execPath, [verifyScript, folder], {
    timeoutMs: 120_000,
    env: { TF_CPP_MIN_LOG_LEVEL: "2" },
  });
  return text.trim().split("\n").at(-1);
}

function link(folder) {
  for (const name of ["deps", "lib"]) {
    rmSync(join(folder, name), { recursive: true, force: true });
    symlinkSync(join(tensorflowFolder(), name), join(folder, name), "dir");
  }
}

async function fromCache(folder) {
  await step("TensorFlow (native)", async () => {
    link(folder);
    return verify(folder);
  });
}

/** Compiles into the cache, unless another set-up has meanwhile done so. */
async function compile(folder) {
  await withLock(
    "tensorflow",
    () => say("  waiting for another set-up that compiles TensorFlow's addon …"),
    async () => {
      if (!existsSync(tensorflowFolder())) await compileTensorflow(folder);
    },
  );
}

/** The package's own installer: fetches a prebuilt library from the network. */
async function ownInstaller(folder) {
  for (const name of ["deps", "lib"]) rmSync(join(folder, name), { recursive: true, force: true });
  await step("TensorFlow (its own installer)", async () => {
    await runLogged("tensorflow-install", process.execPath, ["scripts/install.js"], {
      cwd: folder,
      timeoutMs: 180_000,
      env: { PATH: `${join(folder, "node_modules", ".bin")}:${process.env.PATH}` },
    });
    return verify(folder);
  });
}

/** Runs one way; a failure is told in one line and becomes a reason. */
async function attempt(reasons, what, work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (!("log" in error)) throw error;
    const last = error.log ? errorLine(error.log) : "";
    reasons.push(
      `${what}: ${error.message}${last ? `; ${last.slice(0, 200)}` : ""}${error.log ? ` (log: ${error.log})` : ""}`,
    );
    return false;
  }
}

/** Changes whenever another attempt could end differently: tools, versions, packages. */
const tensorflowKey = () => sha256(missingTools().join(), process.versions.modules, tensorflowFolder());

/** Whether the stamp's answer still holds. A failure counts as an answer until the machine changes. */
export function tensorflowReady(stamp) {
  if (stamp.tensorflow?.key !== tensorflowKey()) return false;
  if (!stamp.tensorflow.native) return true;
  const folder = addonPackage();
  return folder !== undefined && existsSync(join(folder, "lib")) && existsSync(join(folder, "deps", "lib"));
}

/**
 * Tries, in this order: a binary that npm has already put there, the cache, compiling, the package's own installer.
 *
 * @returns `{ key, native, reasons }`; never throws for want of a compiler, Python or network.
 */
export async function bringTensorflow() {
  const reasons = [];
  const native = await firstThatWorks(reasons);
  return { key: tensorflowKey(), native, reasons };
}

async function firstThatWorks(reasons) {
  const folder = addonPackage();
  if (!folder) {
    reasons.push("@tensorflow/tfjs-node is not installed; it is an optional dependency that this system may not allow");
    return false;
  }
  if (hasBinary(folder)) {
    const works = await attempt(reasons, "npm's prebuilt library", () =>
      step("TensorFlow (native)", () => verify(folder)),
    );
    if (works) return true;
  }
  const missing = missingTools();
  const cached = existsSync(tensorflowFolder());
  if (cached && (await attempt(reasons, "the cached library", () => fromCache(folder)))) return true;
  if (cached) rmSync(tensorflowFolder(), { recursive: true, force: true }); // it does not load: made anew
  if (missing.length > 0) reasons.push(`missing: ${missing.join(", ")}`);
  else if (process.platform !== "linux")
    reasons.push(`compiling is known to work on Linux only (this is ${process.platform})`);
  else {
    const works = await attempt(reasons, "compiling", async () => {
      await compile(folder);
      await fromCache(folder);
    });
    if (works) return true;
  }
  return attempt(reasons, "its own installer", () => ownInstaller(folder));
}

/** Told once after set-up where training is not possible. */
export function tellMissing({ reasons }) {
  say("  Training is not possible yet: TensorFlow's native library is missing. Driving does not need it.");
  for (const reason of reasons) say(`    ${reason}`);
  say(advice);
}
