// The programs that `pnpm bench` is held against, each family in a Python environment of its own in the cache: TensorFlow 2.13 wants
// an older numpy than PyTorch. A new peer is one more entry here; its program finds its Python by `pythonOf(name)`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cache, sha256 } from "../setup/places.mjs";

/** What PyTorch imports, without the 3 GB of CUDA libraries and the compiler for GPUs that its Linux wheel names. */
const BESIDE_TORCH = [
  "filelock==4.2.11",
  "fsspec==2026.9.0",
  "jinja2==3.1.6",
  "markupsafe==3.0.4",
  "mpmath==1.3.0",
  "networkx==3.6.1",
  "numpy==2.4.6",
  "setuptools==84.2.1",
  "sympy==1.14.0",
  "typing-extensions==4.16.0",
];

/**
 * By name: what it is called, its packages (`alone`: without what they name as needed), the versions of Python that have wheels of
 * them, a line that imports them, and about how many MB come over the network and lie on the disk.
 */
export const environments = Object.freeze({
  tensorflow: {
    title: "Keras (TensorFlow 2.13.1)",
    packages: ["tensorflow-cpu==2.13.1", "numpy<2"], // the native library's version, so that the kernels are the same
    pythons: ["3.8", "3.11"],
    check: "import tensorflow",
    megabytes: { network: 240, disk: 1200 },
  },
  pytorch: {
    title: "PyTorch 2.15.0 and LibMTL 1.1.5",
    packages: ["torch==2.15.0", "LibMTL==1.1.5", ...BESIDE_TORCH],
    alone: true,
    withoutCuda: true,
    pythons: ["3.11", "3.14"],
    check: "import torch; torch.ones(2).sum()",
    megabytes: { network: 570, disk: 1400 },
  },
  onnxruntime: {
    title: "onnxruntime 1.30.0",
    packages: ["onnxruntime==1.30.0"], // onnxruntime-node's version
    pythons: ["3.11", "3.14"],
    check: "import onnxruntime",
    megabytes: { network: 41, disk: 145 },
  },
  mcap: {
    title: "mcap 1.6.0",
    packages: ["mcap==1.6.0"],
    pythons: ["3.9", "3.14"],
    check: "import mcap.writer",
    megabytes: { network: 7, disk: 30 },
  },
});

/** Where an environment lies once it is whole; another list of packages is another folder. */
export function folderOf(name) {
  const { packages, alone = false, withoutCuda = false } = environments[name];
  const key = sha256(JSON.stringify([packages, alone, withoutCuda])).slice(0, 8);
  return join(cache, `peers-${name}-${key}`);
}

/** The Python of an environment, or undefined where it is not installed. */
export function pythonOf(name) {
  const python = join(folderOf(name), "bin/python");
  return existsSync(python) ? python : undefined;
}

/** The environments that are not installed, by name. */
export const missing = () => Object.keys(environments).filter((name) => !pythonOf(name));

const sized = (megabytes) => (megabytes >= 1000 ? `${(megabytes / 1000).toFixed(1)} GB` : `${megabytes} MB`);

/** What some environments are and how much they take, in words. */
export function described(names) {
  const sum = (key) => names.reduce((total, name) => total + environments[name].megabytes[key], 0);
  const titles = names.map((name) => environments[name].title);
  return `${titles.join(", ")}: about ${sized(sum("network"))} over the network, ${sized(sum("disk"))} on the disk`;
}

const numbers = (version) => version.split(".").map(Number);

/** Whether a version of Python, as "3.11", lies from `least` to `most`. */
export function isBetween(version, [least, most]) {
  const [[, minor], [, from], [, to]] = [version, least, most].map(numbers);
  return numbers(version)[0] === 3 && minor >= from && minor <= to;
}
