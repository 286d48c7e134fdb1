import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["polypilot:source", "node", "import", "module", "default"] } },
  resolve: { conditions: ["polypilot:source", "node", "import", "module", "default"] },
  test: {
    include: ["packages/*/src/**/*.test.ts", "sim/src/**/*.test.ts", "test/src/**/*.test.ts", "scripts/**/*.test.mjs"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
