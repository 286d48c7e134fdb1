// npm run gazebo -- --seed 7        a real Gazebo classic with that track, until Ctrl-C
// npm run test:gazebo [-- ARGS]     sets it up, then runs the tests that need it; arguments go to vitest
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bringGazebo, findGazebo } from "./gazebo/install.mjs";
import { bringPeer, findPeer } from "./gazebo/peer.mjs";
import { serve, worldPlace } from "./gazebo/serve.mjs";
import { root } from "./setup/places.mjs";
import { StepError } from "./setup/run-logged.mjs";
import { guarded, setup } from "./setup.mjs";

const usage = `npm run gazebo -- [--seed N] [--contract FILE] [--port N]   runs Gazebo classic on that track until Ctrl-C; port 0: a free one
npm run gazebo -- where                                      prints where Gazebo is; exit code 1 if nowhere
npm run gazebo -- where peer                                 prints where gz-transport's own programs are, as JSON
npm run test:gazebo [-- ARGS]                                installs it if need be, and tests against it`;

function optionOf(args, name, otherwise) {
  const at = args.indexOf(name);
  return at < 0 ? otherwise : args[at + 1];
}

function portOf(args) {
  const given = optionOf(args, "--port", "11345");
  if (/^\d{1,5}$/.test(given ?? "") && Number(given) <= 65_535) return Number(given);
  throw new StepError(
    `[gazebo] [--port] a whole number from 0 to 65535. Found ${given ?? "nothing"}. Give a port, or 0 for a free one.\n\n${usage}`,
  );
}

const cli = (args) =>
  spawnSync(process.execPath, [join(root, "packages/cli/dist/polypilot.js"), ...args], { stdio: "inherit" }).status ??
  1;

async function test(args) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const env = { ...process.env, POLYPILOT_GAZEBO: "required" };
  const { status } = spawnSync(process.execPath, [vitest, "run", "test/src/gazebo", ...args], {
    cwd: root,
    stdio: "inherit",
    env,
  });
  return status ?? 1;
}

async function run(args, port, gazebo) {
  const seed = optionOf(args, "--seed", "1");
  const contract = optionOf(args, "--contract", join(root, "contracts/sim-car.yaml"));
  const place = worldPlace(gazebo, `seed-${seed}`);
  const status = cli([
    "gazebo",
    "world",
    "--seed",
    seed,
    "--contract",
    contract,
    "--out",
    place.outside,
    "--path",
    place.inside,
    "--force",
  ]);
  if (status !== 0) return status;
  const server = await serve(gazebo, place, { port });
  process.stderr.write(
    `Gazebo runs on 127.0.0.1:${server.port}. Drive in it: polypilot drive --source gazebo:127.0.0.1:${server.port} --seed ${seed}\n`,
  );
  const end = () => server.stop();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  await server.gone;
  await server.stop();
  return 0;
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--help" || first === "-h") {
  process.stdout.write(`${usage}\n`);
} else if (first === "where" && rest[0] === "peer") {
  const found = findPeer();
  process.stdout.write(found ? `${JSON.stringify(found)}\n` : "");
  process.exitCode = found ? 0 : 1;
} else if (first === "where") {
  const found = findGazebo();
  process.stdout.write(found ? `${found.root ?? found.gzserver}\n` : "");
  process.exitCode = found ? 0 : 1;
} else {
  let gazebo;
  let port;
  await guarded(async () => {
    if (first !== "test") port = portOf(process.argv.slice(2));
    await setup();
    gazebo = await bringGazebo();
    if (first === "test") await bringPeer();
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal); // from here on, Gazebo is ended first
  process.exitCode = first === "test" ? await test(rest) : await run(process.argv.slice(2), port, gazebo);
}
