// Runs gzserver on a world's folder, without a screen: on the machine itself, or in the folder that holds it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// Xvfb chooses a display that is free and says so when it is ready: sockets and locks of ended ones may still lie about.
const script = (port) => `
cd "$WORLD"; export HOME="$WORLD" XDG_RUNTIME_DIR=/tmp LIBGL_ALWAYS_SOFTWARE=1
export GAZEBO_MASTER_URI=http://127.0.0.1:${port} GAZEBO_IP=127.0.0.1 IGN_IP=127.0.0.1 GAZEBO_MODEL_DATABASE_URI=""
Xvfb -displayfd 1 -screen 0 640x480x24 -nolisten tcp >display 2>xvfb.log & x=$!
trap 'kill -9 $g $x 2>/dev/null' EXIT; trap 'exit 0' TERM INT
for i in $(seq 150); do [ -s display ] && break; sleep 0.2; done # without it, cameras stay silent
export DISPLAY=:$(cat display)
gzserver --verbose world.sdf >gz.log 2>&1 & g=$!
wait $g
`;

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => resolve(socket.destroy() && true));
    socket.once("error", () => resolve(false));
    socket.setTimeout(1000, () => resolve(socket.destroy() && false));
  });

/** The folder of a world as Gazebo sees it, and where it is for us. */
export function worldPlace(gazebo, name) {
  if (!gazebo.root) {
    const outside = mkdtempSync(join(tmpdir(), `polypilot-gazebo-${name}-`));
    return { outside, inside: outside };
  }
  mkdirSync(join(gazebo.root, "worlds"), { recursive: true });
  const outside = mkdtempSync(join(gazebo.root, "worlds", `${name}-`));
  return { outside, inside: join("/worlds", basename(outside)) };
}

/**
 * Starts gzserver on the world in `place` and waits until its master answers.
 *
 * @param options.port - of its master; 0: one that is free.
 * @returns its port, and how to stop it and remove the folder.
 */
export async function serve(gazebo, place, { port = 0, timeoutMs = 60_000 } = {}) {
  const at = port || (await freePort());
  const inner = script(at);
  const env = { ...process.env, WORLD: place.inside };
  const child = gazebo.root
    ? spawn(
        "unshare",
        [
          "--mount",
          "--pid",
          "--fork",
          "--kill-child",
          "--propagation",
          "private",
          "bash",
          "-c",
          'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" /bin/bash -c "$1"',
          gazebo.root,
          inner,
        ],
        { env, stdio: "ignore" },
      )
    : spawn("bash", ["-c", inner], { env, stdio: "ignore" });
  const log = () =>
    existsSync(join(place.outside, "gz.log")) ? readFileSync(join(place.outside, "gz.log"), "utf8") : "";
  let ended = false;
  const gone = new Promise((resolve) => {
    child.once("exit", () => {
      ended = true;
      resolve();
    });
  });
  const stop = async ({ keep = false } = {}) => {
    if (!ended) child.kill("SIGTERM");
    await Promise.race([gone, sleep(3000)]);
    if (!ended) child.kill("SIGKILL");
    await gone;
    if (!keep) rmSync(place.outside, { recursive: true, force: true });
  };
  const until = Date.now() + timeoutMs;
  while (!(await answers(at))) {
    if (!ended && Date.now() < until) {
      await sleep(100);
      continue;
    }
    const tail = log().split("\n").slice(-15).join("\n");
    await stop();
    throw new Error(
      `[gazebo] [gzserver] its master answers on port ${at}. Found ${ended ? "that it ended" : "silence"}. Its last words:\n${tail}`,
    );
  }
  await sleep(1000); // what it says of its screen comes a moment later
  const blind = /(?:Can't open display|Rendering will be disabled)[^\n]*/i.exec(log());
  if (blind) {
    await stop();
    throw new Error(`[gazebo] [gzserver] it can draw, for its cameras. Found: ${blind[0]}. Start it again.`);
  }
  return { port: at, kill: () => child.kill("SIGKILL"), stop, log, gone };
}
