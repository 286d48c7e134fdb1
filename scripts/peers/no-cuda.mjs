// PyTorch's Linux wheel is linked against CUDA's libraries (3 GB, without which it does not load), none of which a run on the processor
// calls. This puts small libraries of the same names in their place, in which each function says that there is no GPU; what runs on
// the processor is PyTorch's own code as it came. With PyTorch's wheel for processors nothing is missing, and nothing is put.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { which } from "../setup/places.mjs";
import { runLogged, StepError } from "../setup/run-logged.mjs";

const execute = promisify(execFile);
/** cudaErrorNoDevice and CUDA_ERROR_NO_DEVICE. */
const NO_DEVICE = 100;

/** Names of the libraries that the loader does not find, from what ldd prints. */
export function missingLibraries(ldd) {
  return [...new Set([...ldd.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name))].sort();
}

/** Versions of symbols that a library asks of others, from what `readelf -V -W` prints: `{ version: library }`. */
export function wantedVersions(readelf) {
  const wanted = {};
  let file;
  for (const line of readelf.split("\n")) {
    file = / File: (\S+)/.exec(line)?.[1] ?? file;
    const version = / Name: (\S+)\s+Flags:/.exec(line)?.[1];
    if (version && file) wanted[version] = file;
  }
  return wanted;
}

/** Symbols from what `nm -D` prints: `[name, version or ""]`. */
export function symbolsIn(nm) {
  const last = nm.split("\n").map((line) => line.trim().split(/\s+/).at(-1) ?? "");
  return last
    .filter((text) => text !== "")
    .map((text) => [text.split("@")[0], text.split("@").at(-1)].map(String))
    .map(([name, version]) => [name, version === name ? "" : version]);
}

/**
 * The stand-ins for missing libraries: `[{ library, source, map }]`, C and a linker's version script (empty where no version is asked).
 *
 * @param undefinedSymbols - `[name, version]` of what PyTorch's libraries ask for; those without a version that look like CUDA's
 *   and that none of them defines go into every library without versions.
 */
export function standIns(libraries, versions, undefinedSymbols, defined) {
  const unversioned = undefinedSymbols.filter(
    ([name, version]) => version === "" && /^(cu|nccl|nv)/.test(name) && !defined.has(name),
  );
  return libraries.map((library) => {
    const own = Object.keys(versions).filter((version) => versions[version] === library);
    const symbols = own.length > 0 ? undefinedSymbols.filter(([, version]) => own.includes(version)) : unversioned;
    const names = [...new Set(symbols.map(([name]) => name))].sort();
    return {
      library,
      source: `${names.map((name) => `int ${name}(void) { return ${NO_DEVICE}; }`).join("\n")}\n`,
      map: own.map((version, i) => `${version} { ${i === 0 ? "global: *; " : ""}};\n`).join(""),
    };
  });
}

function checkTools() {
  const lacking = ["cc", "nm", "readelf", "ldd"].filter((tool) => !which(tool));
  if (lacking.length === 0) return;
  throw new StepError(
    `[bench] [PyTorch] cc, nm, readelf and ldd are there, to do without CUDA's 3 GB. Found no ${lacking.join(", ")}. ` +
      "Install them (Debian, Ubuntu: sudo apt-get install -y gcc binutils), then run pnpm bench:peers --install again.",
  );
}

/** What a tool prints of each library, one after the other; libraries that it cannot read count as empty. */
async function each(libraries, tool, args) {
  const texts = [];
  for (const library of libraries) {
    const { stdout } = await execute(tool, [...args, library], { maxBuffer: 2 ** 28 }).catch(() => ({ stdout: "" }));
    texts.push(stdout);
  }
  return texts.join("\n");
}

async function compile(folder, { library, source, map }) {
  const work = mkdtempSync(join(tmpdir(), "polypilot-no-cuda-"));
  try {
    const [c, script] = [join(work, "none.c"), join(work, "none.map")];
    writeFileSync(c, source);
    writeFileSync(script, map);
    const flags = ["-shared", "-fPIC", "-w", "-fno-builtin", "-nostdlib", `-Wl,-soname,${library}`];
    if (map) flags.push(`-Wl,--version-script=${script}`);
    await runLogged("peers-no-cuda", "cc", [...flags, "-o", join(folder, library), c]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Puts stand-ins where PyTorch's libraries lie, for those that they ask for and that are nowhere.
 *
 * @param folder - `torch/lib`.
 * @returns the names of what was put.
 */
export async function doWithoutCuda(folder) {
  if (process.platform !== "linux" || !existsSync(join(folder, "libtorch_cuda.so"))) return [];
  checkTools();
  const libraries = readdirSync(folder)
    .filter((name) => /\.so(\.|$)/.test(name))
    .map((name) => join(folder, name));
  const missing = missingLibraries(await each(libraries, "ldd", []));
  const versions = wantedVersions(await each(libraries, "readelf", ["-V", "-W"]));
  const wanted = symbolsIn(await each(libraries, "nm", ["-D", "--undefined-only"]));
  const defined = new Set(symbolsIn(await each(libraries, "nm", ["-D", "--defined-only"])).map(([name]) => name));
  for (const standIn of standIns(missing, versions, wanted, defined)) await compile(folder, standIn);
  return missing;
}
