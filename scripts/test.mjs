// npm test: sets up, then every check and every test. Arguments go to vitest: npm test -- packages/core
import { generateCheck, lint, runChecks, types, unused } from "./checks/run-checks.mjs";
import { guarded, setup } from "./setup.mjs";

await guarded(() => setup());
process.exit(await runChecks([types, generateCheck, lint, unused, "tests"], process.argv.slice(2)));
