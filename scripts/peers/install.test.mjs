import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environments, folderOf, isBetween } from "./environments.mjs";
import { fitting } from "./install.mjs";
import { doWithoutCuda, missingLibraries, standIns, symbolsIn, wantedVersions } from "./no-cuda.mjs";

describe("environments", () => {
  it("pin the package that they are named for", () => {
    for (const { packages } of Object.values(environments)) expect(packages[0]).toMatch(/^\w[\w-]*==\d+(\.\d+)+$/);
  });

  it("have a folder each", () => {
    const folders = Object.keys(environments).map(folderOf);
    expect(new Set(folders).size).toBe(folders.length);
  });
});

describe("isBetween", () => {
  it("compares versions as numbers, both ends included", () => {
    const versions = ["2.7", "3.7", "3.8", "3.10", "3.11", "3.12", "4.9"];
    expect(versions.filter((version) => isBetween(version, ["3.8", "3.11"]))).toEqual(["3.8", "3.10", "3.11"]);
  });
});

describe("fitting", () => {
  const found = [
    { program: "python3", version: "3.13" },
    { program: "python3.11", version: "3.11" },
  ];

  it("takes the first Python that has wheels", () => {
    expect(fitting("pytorch", found)).toBe("python3");
    expect(fitting("tensorflow", found)).toBe("python3.11");
  });

  it("says which Pythons would do and which are there", () => {
    expect(() => fitting("tensorflow", found.slice(0, 1))).toThrow(
      /from 3\.8 to 3\.11 .*Found 3\.13\..*POLYPILOT_PYTHON/,
    );
  });
});

describe("doing without CUDA", () => {
  const ldd = `
	linux-vdso.so.1 (0x00007ffe)
	libcublas.so.13 => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
	libcuda.so.1 => not found
	libcublas.so.13 => not found`;
  const readelf = `
Version needs section '.gnu.version_r' contains 2 entries:
  000000: Version: 1  File: libcublas.so.13  Cnt: 1
  0x0010:   Name: libcublas.so.13  Flags: none  Version: 7
  0x0020: Version: 1  File: libnvshmem_host.so.3  Cnt: 1
  0x0030:   Name: NVSHMEM  Flags: none  Version: 3`;
  const nm = `
                 U cublasCreate_v2@libcublas.so.13
                 U cuInit
                 U cuOurs
                 U nvshmem_init@NVSHMEM
                 U malloc@GLIBC_2.2.5
                 w __gmon_start__`;

  it("reads what the loader misses, each once", () => {
    expect(missingLibraries(ldd)).toEqual(["libcublas.so.13", "libcuda.so.1"]);
  });

  it("reads which library owes which version of symbols", () => {
    expect(wantedVersions(readelf)).toEqual({ "libcublas.so.13": "libcublas.so.13", NVSHMEM: "libnvshmem_host.so.3" });
  });

  it("reads symbols with and without a version", () => {
    expect(symbolsIn(nm)).toContainEqual(["cublasCreate_v2", "libcublas.so.13"]);
    expect(symbolsIn(nm)).toContainEqual(["cuInit", ""]);
  });

  it("makes stand-ins of versioned symbols, and gives those without a version to libraries that have none", () => {
    const made = standIns(
      ["libcublas.so.13", "libcuda.so.1", "libnvshmem_host.so.3"],
      wantedVersions(readelf),
      symbolsIn(nm),
      new Set(["cuOurs"]),
    );
    expect(made).toEqual([
      {
        library: "libcublas.so.13",
        source: "int cublasCreate_v2(void) { return 100; }\n",
        map: "libcublas.so.13 { global: *; };\n",
      },
      { library: "libcuda.so.1", source: "int cuInit(void) { return 100; }\n", map: "" },
      {
        library: "libnvshmem_host.so.3",
        source: "int nvshmem_init(void) { return 100; }\n",
        map: "NVSHMEM { global: *; };\n",
      },
    ]);
  });

  it("touches nothing where PyTorch came without CUDA", async () => {
    const folder = mkdtempSync(join(tmpdir(), "polypilot-torch-"));
    writeFileSync(join(folder, "libtorch_cpu.so"), "");
    expect(await doWithoutCuda(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
