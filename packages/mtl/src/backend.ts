import { createRequire } from "node:module";
import util from "node:util";
import { PolypilotError } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";

/** Where tensors are computed. */
export interface BackendInfo {
  /** `tensorflow` is the native library; `cpu` is plain JavaScript: correct, and far too slow to train with. */
  readonly name: "tensorflow" | "cpu";
  /** For people: `TensorFlow 2.13.1 (tfjs-node 4.22.0)`. */
  readonly description: string;
  /** Why the native library is not in use; absent where it is, or was not asked for. */
  readonly missing?: string;
}

/** Node 23 removed two functions that tfjs-node still calls. */
function restoreNodeUtil(): void {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
}

async function loadNative(): Promise<BackendInfo> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // TensorFlow's notices about CPU instructions are not for users
  restoreNodeUtil();
  const native = createRequire(import.meta.url)("@tensorflow/tfjs-node") as {
    version: Record<string, string>;
  };
  await tf.setBackend("tensorflow");
  const binding = (tf.backend() as unknown as { binding?: { TF_Version?: string } }).binding;
  const library = binding?.TF_Version ? `TensorFlow ${binding.TF_Version}` : "TensorFlow";
  return { name: "tensorflow", description: `${library} (tfjs-node ${native.version["tfjs-node"]})` };
}

async function loadPlain(missing?: string): Promise<BackendInfo> {
  tf.enableProdMode(); // no advice to install what may be missing here
  await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  const info = { name: "cpu", description: `plain JavaScript (tfjs ${tf.version_core})` } as const;
  return missing === undefined ? info : { ...info, missing };
}

const firstLine = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause)).split("\n")[0]!.replace(/[.:\s]+$/, "");

/**
 * Makes TensorFlow.js ready to compute, and says with what.
 *
 * The native library is what training needs; it is imported here, and nowhere else, at the first call. It sums in as many threads
 * as the process may use: the same seed gives the same bits on the same number of cores, and bits that differ in rounding on
 * another.
 *
 * @param options.prefer - `tensorflow`: the native library or an error. `cpu`: plain JavaScript. Absent: the native library where
 *   it loads, else plain JavaScript with the reason in `missing`.
 * @throws PolypilotError `MTL_BACKEND` if the native library is asked for and does not load.
 */
export async function loadBackend(options: { readonly prefer?: "tensorflow" | "cpu" } = {}): Promise<BackendInfo> {
  if (options.prefer === "cpu") return loadPlain();
  try {
    return await loadNative();
  } catch (cause) {
    if (options.prefer === undefined) return loadPlain(firstLine(cause));
    throw new PolypilotError(
      "MTL_BACKEND",
      ["mtl", "backend"],
      {
        expected: "the native TensorFlow library loads, since training needs it",
        found: firstLine(cause),
        todo: "Type `npm start` or `node scripts/setup.mjs`, which builds it (a C++ compiler, make and Python 3 are needed), or `pnpm polypilot doctor` to see what this machine lacks",
      },
      { cause },
    );
  }
}
