import { type EpisodeEvent, type Image, type Nanoseconds, type Scalar, toRosTime } from "@polypilot/core";

export const header = (stampNs: Nanoseconds) => ({ stamp: toRosTime(stampNs), frame_id: "" });

export const scalar = (stampNs: Nanoseconds, value: number): Scalar => ({ header: header(stampNs), value, unit: "" });

/** An rgb8 image whose every byte is `fill`. */
export const image = (stampNs: Nanoseconds, width: number, height: number, fill: number): Image => ({
  header: header(stampNs),
  width,
  height,
  encoding: "rgb8",
  is_bigendian: 0,
  step: width * 3,
  data: new Uint8Array(width * height * 3).fill(fill),
});

export const episodeEvent = (
  stampNs: Nanoseconds,
  event: number,
  episode_id: string,
  more: Partial<EpisodeEvent> = {},
): EpisodeEvent => ({
  header: header(stampNs),
  event,
  episode_id,
  task: "",
  outcome: "",
  reason: "",
  note: "",
  ...more,
});
