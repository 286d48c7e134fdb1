import { random } from "@polypilot/core";
import { generateTrack, type Track, type TrackOptions } from "../track/track.js";
import type { GroundMap } from "./ground-map.js";
import { type Palette, paletteOf } from "./palette.js";
import { panorama } from "./panorama.js";
import { placeBarriers, placeKerbs, placeObstacles, placeSigns } from "./placement.js";
import type { Prop } from "./prop.js";
import { rasterise } from "./raster.js";

/** All that stands still. */
export interface World {
  readonly track: Track;
  readonly props: readonly Prop[];
  readonly palette: Palette;
  readonly map: GroundMap;
  readonly panorama: Uint32Array;
}

/** The world of a seed: the same seed gives the same world, whatever drives in it. */
export function generateWorld(seed: number, options: Partial<TrackOptions> = {}): World {
  const rng = random(seed).fork("world");
  const track = generateTrack(seed, options);
  const palette = paletteOf(rng.fork("palette"));
  const signs = options.props || options.signs === false ? [] : placeSigns(track, rng.fork("signs"));
  const bare = options.props !== undefined || options.obstacles === false;
  const barriers = bare ? [] : placeBarriers(track, rng.fork("barriers"));
  const obstacles = bare ? [] : placeObstacles(track, rng.fork("obstacles"), [...signs, ...barriers]);
  const props = options.props ?? [...signs, ...barriers, ...obstacles];
  return {
    track,
    props,
    palette,
    map: rasterise(rng.fork("ground"), track, palette, placeKerbs(track, rng.fork("kerbs")), props),
    panorama: panorama(rng.fork("panorama"), palette),
  };
}
