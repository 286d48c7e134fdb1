// libtensorflow from a wheel of the Python package index, and tfjs-node's two C++ files compiled against it. N-API is C and
// stable, so that headers from npm serve every Node; neither make nor node-gyp nor Node's own headers are needed.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { npmFolder } from "./packages.mjs";
import { besides, cache } from "./places.mjs";
import { runLogged, StepError } from "./run-logged.mjs";
import { step } from "./step.mjs";

const ADDON = "4.22.0";
const HEADERS = "1.9.0";
/** Highest N-API version that this tfjs-node asks for; it looks for its addon in a folder of that name. */
const NAPI = Math.min(8, Number(process.versions.napi));
/** One addon runs with libraries 2.7 to 2.21; these wheels hold the C library and its headers. */
const WHEELS = {
  x64: { name: "tensorflow-cpu", version: "2.13.1", machine: "x86_64" },
  arm64: { name: "tensorflow", version: "2.16.2", machine: "aarch64" },
};
const wheel = WHEELS[process.arch] ?? WHEELS.x64;

/** Where the compiled addon and its library are kept: `deps/lib` and `lib/napi-v8`. */
export const tensorflowFolder = () =>
  join(cache, `tfjs-node-${ADDON}-tf${wheel.version}-${process.platform}-${process.arch}-napi${NAPI}`);

const extract = `
import glob, os, shutil, sys, zipfile
source, target = sys.argv[1:]
libraries = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
headers = ("tensorflow/c/", "tensorflow/core/platform/", "tensorflow/tsl/", "tsl/", "xla/c/", "xla/tsl/")
outside = ("external/local_tsl/", "external/local_xla/")
for wheel in glob.glob(os.path.join(source, "*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            base = os.path.basename(name)
            inner = name[len("tensorflow/include/"):] if name.startswith("tensorflow/include/") else ""
            for prefix in outside:
                if inner.startswith(prefix): inner = inner[len(prefix):]
            if name in ["tensorflow/" + library for library in libraries]: path = os.path.join(target, "lib", base)
            elif inner.endswith(".h") and inner.startswith(headers): path = os.path.join(target, "include", inner)
            else: continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(name) as data, open(path, "wb") as file: shutil.copyfileobj(data, file)
`;

async function download(folder) {
  await runLogged("tensorflow-pip", "python3", ["-m", "pip", "--version"]).catch((error) => {
    throw new StepError("python3 has no pip", error.log);
  });
  const platforms = [
    `manylinux_2_17_${wheel.machine}`,
    `manylinux2014_${wheel.machine}`,
    `manylinux_2_27_${wheel.machine}`,
  ];
  const target = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.11"];
  for (const platform of platforms) target.push("--platform", platform);
  const patience = ["--quiet", "--retries", "2", "--timeout", "20", "--disable-pip-version-check"];
  const wheels = join(folder, "wheel");
  await runLogged(
    "tensorflow-download",
    "python3",
    ["-m", "pip", "download", ...patience, ...target, "-d", wheels, `${wheel.name}==${wheel.version}`],
    { timeoutMs: 1_800_000 },
  );
  await runLogged("tensorflow-extract", "python3", ["-c", extract, wheels, join(folder, "deps")]);
  rmSync(wheels, { recursive: true });
  const lib = join(folder, "deps", "lib");
  if (!existsSync(lib) || readdirSync(lib).length !== 2) {
    throw new StepError(`the wheel of ${wheel.name} ${wheel.version} does not hold libtensorflow`);
  }
}

async function link(folder, addonPackage) {
  const headers = join(cache, `node-api-headers-${HEADERS}`);
  if (!existsSync(headers)) await npmFolder("node-api-headers", `node-api-headers@${HEADERS}`, headers);
  const out = join(folder, "lib", `napi-v${NAPI}`);
  const lib = join(folder, "deps", "lib");
  mkdirSync(out, { recursive: true });
  const includes = [join(headers, "node_modules", "node-api-headers", "include"), join(folder, "deps", "include")];
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(addonPackage, "binding", file));
  await runLogged("tensorflow-compile", "g++", [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", `-DNAPI_VERSION=${NAPI}`],
    ...includes.flatMap((path) => ["-I", path]),
    ...sources,
    ...["-o", join(out, "tfjs_binding.node"), `-L${lib}`, "-l:libtensorflow_cc.so.2"],
    ...["-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
  ]);
  rmSync(join(folder, "deps", "include"), { recursive: true });
  // tfjs-node's own scripts look for the name without a version.
  symlinkSync("libtensorflow_cc.so.2", join(lib, "libtensorflow.so"));
}

/** Makes `tensorflowFolder()` in a temporary folder and renames it, so that it is whole or not there. */
export async function compileTensorflow(addonPackage) {
  const folder = besides(tensorflowFolder());
  try {
    await step(`libtensorflow ${wheel.version}`, () => download(folder));
    await step("TensorFlow's addon", () => link(folder, addonPackage));
    rmSync(tensorflowFolder(), { recursive: true, force: true });
    renameSync(folder, tensorflowFolder());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
