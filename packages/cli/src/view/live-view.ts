import type { Scene } from "./scene.js";
import { sceneLine, sceneLines } from "./scene-text.js";

/** Shows a drive while it goes on. */
export interface LiveView {
  /** Takes the last picture away, or leaves the lines of a log. */
  stop(): void;
}

const FRAME_MS = 120;
const LINE_MS = 1000;

/**
 * A picture on a terminal, redrawn eight times a second; elsewhere a line each second. Both on stderr, since stdout is for results.
 *
 * @param scene - called whenever something is shown; nothing is if it has nothing yet.
 */
export function liveView(scene: () => Scene | undefined, stream: NodeJS.WriteStream = process.stderr): LiveView {
  const drawn = stream.isTTY;
  const trueColour = /truecolor|24bit/.test(process.env.COLORTERM ?? "");
  let height = 0;
  const draw = () => {
    const now = scene();
    if (!now) return;
    if (!drawn) {
      stream.write(`${sceneLine(now)}\n`);
      return;
    }
    const lines = sceneLines(now, stream.columns ?? 80, trueColour).slice(0, (stream.rows ?? 50) - 1);
    const up = height > 0 ? `\x1b[${height}A` : "\x1b[?25l";
    // Lines that are left of a taller picture are cleared.
    stream.write(`${up}\x1b[J${lines.map((line) => `\x1b[2K${line}\n`).join("")}`);
    height = lines.length;
  };
  const timer = setInterval(draw, drawn ? FRAME_MS : LINE_MS);
  return {
    stop() {
      clearInterval(timer);
      if (drawn) stream.write(`${height > 0 ? `\x1b[${height}A\x1b[J` : ""}\x1b[?25h`);
    },
  };
}
