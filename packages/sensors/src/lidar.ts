import { featureSpecOf, type LaserScan, PolypilotError, type RangesFeature } from "@polypilot/core";
import { type FeatureResult, refuse, type Sensor } from "./feature-result.js";

const TURN = 2 * Math.PI;
const ANGLE_TOLERANCE_RAD = 1e-4; // scans give their angles in single precision, which adds up over the beams

/** For each beam of a scan, the sector in which it lies, or −1. Kept as long as the scans' angles stay the same. */
interface SectorMap {
  readonly angleMinRad: number;
  readonly incrementRad: number;
  readonly sectors: Int32Array;
  /** Sectors in which no beam lies. */
  readonly empty: number;
  readonly inView: number;
}

const maps = new WeakMap<RangesFeature, SectorMap>();

function sectorMap(feature: RangesFeature, scan: LaserScan): SectorMap {
  const known = maps.get(feature);
  if (
    known &&
    known.angleMinRad === scan.angle_min &&
    known.incrementRad === scan.angle_increment &&
    known.sectors.length === scan.ranges.length
  ) {
    return known;
  }
  const [low, high] = feature.field_of_view;
  const width = (high - low) / feature.beams;
  const sectors = new Int32Array(scan.ranges.length).fill(-1);
  const seen = new Set<number>();
  for (let i = 0; i < sectors.length; i += 1) {
    const turned = scan.angle_min + i * scan.angle_increment - low + ANGLE_TOLERANCE_RAD;
    const angle = turned - TURN * Math.floor(turned / TURN) - ANGLE_TOLERANCE_RAD;
    if (angle > high - low + ANGLE_TOLERANCE_RAD) continue;
    sectors[i] = Math.min(feature.beams - 1, Math.max(0, Math.floor(angle / width)));
    seen.add(sectors[i]!);
  }
  const map = {
    angleMinRad: scan.angle_min,
    incrementRad: scan.angle_increment,
    sectors,
    empty: feature.beams - seen.size,
    inView: sectors.filter((sector) => sector >= 0).length,
  };
  maps.set(feature, map);
  return map;
}

/**
 * The nearest return in each sector of the field of view: float32 [beams], metres, clipped to the contract's range; sector 0
 * begins at the field of view's lower end (the right side, as angles run counter-clockwise).
 *
 * A beam belongs to the sector [low + i·w, low + (i+1)·w) that holds its angle, whichever way the scan turns and also across
 * ±π. By REP 117, +inf (and any distance beyond the scan's own range_max) means that nothing is there: the end of the range;
 * −inf means that something is too near to measure: the start of the range. NaN, negative distances and those below range_min
 * are ignored and counted as warnings `nan` and `below_min`. A sector without a usable beam says the end of the range; sectors
 * in which no beam lies at all are counted as `empty_sector`.
 *
 * Refusals: `short_data` without beams, `bad_scan` if angles or limits describe no scan, `out_of_view` if no beam lies in the
 * field of view, `all_invalid` if none of those that do can be used.
 *
 * @see REP 117, Informational Distance Measurements; sensor_msgs/msg/LaserScan.
 */
export const lidar: Sensor<RangesFeature> = {
  kind: "ranges",
  spec(feature) {
    const [low, high] = feature.field_of_view;
    if (high - low > TURN + ANGLE_TOLERANCE_RAD) {
      throw new PolypilotError("SENSORS_FIELD_OF_VIEW", ["sensors", "lidar"], {
        expected: "field_of_view spans at most one turn, 2π rad",
        found: `[${low}, ${high}]`,
        todo: "Give both angles in rad, not in degrees",
      });
    }
    return featureSpecOf(feature);
  },
  decode(feature, spec, _type, message): FeatureResult {
    const scan = message as LaserScan;
    if (scan.ranges.length === 0) return refuse("short_data");
    const turns = Number.isFinite(scan.angle_min) && Number.isFinite(scan.angle_increment);
    if (!turns || (scan.angle_increment === 0 && scan.ranges.length > 1)) return refuse("bad_scan");
    if (!(scan.range_max > scan.range_min)) return refuse("bad_scan");
    const map = sectorMap(feature, scan);
    if (map.inView === 0) return refuse("out_of_view");
    const [near, far] = feature.range;
    const data = new Float32Array(feature.beams).fill(far);
    const counts = nearest(scan, map.sectors, data, near);
    if (counts.nan + counts.below_min === map.inView) return refuse("all_invalid");
    const warnings = Object.entries({ ...counts, empty_sector: map.empty }).filter(([, n]) => n > 0);
    return {
      ok: true,
      feature: { spec, data },
      ...(warnings.length > 0 && { warnings: Object.fromEntries(warnings) }),
    };
  },
};

/** Lowers each sector of `data` to its nearest usable return, but not below `near`; counts what was not usable. */
function nearest(scan: LaserScan, sectors: Int32Array, data: Float32Array, near: number) {
  let nan = 0;
  let belowMin = 0;
  for (let i = 0; i < sectors.length; i += 1) {
    const sector = sectors[i]!;
    if (sector < 0) continue;
    const range = scan.ranges[i]!;
    if (Number.isNaN(range)) nan += 1;
    else if (range < scan.range_min && range !== Number.NEGATIVE_INFINITY) belowMin += 1;
    else if (range <= scan.range_max && range < data[sector]!) data[sector] = Math.max(near, range);
  }
  return { nan, below_min: belowMin };
}
