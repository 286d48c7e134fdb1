import {
  type Arrival,
  type Contract,
  type Feature,
  type FeatureData,
  isMessageType,
  type Nanoseconds,
  type Robot,
  type StreamContract,
  stampOf,
} from "@polypilot/core";
import { apartStream, decodeFeature, type FeatureResult } from "@polypilot/sensors";
import type { StreamSample } from "@polypilot/streams";
import { Observable } from "rxjs";
import type { Ledger } from "./drive-health.js";
import { isLater, type LaterFeature, laterFeature } from "./later-feature.js";
import { letIn, refuseStamp, type StreamWatch, staleReasons } from "./stream-watch.js";

/** What the intake keeps up to date as messages come in. */
export interface IntakeState {
  /** By stream of the contract. */
  readonly watches: Record<string, StreamWatch>;
  readonly ledger: Ledger;
  /** Called first for each message, whatever becomes of it. */
  onArrival(stream: string, arrival: Arrival): void;
  /** Whether the robot has been told to move for long enough that a camera must see another picture each time. */
  hasMoved(nowNs: Nanoseconds): boolean;
  /** Decodes a message in another thread; called for streams whose messages are much work (`apartStream`). */
  decodeLater(stream: string, message: object): Promise<FeatureResult>;
}

/** The last picture of each camera: its feature, or the bytes from which it will be made. */
type Pictures = Map<string, FeatureData>;

/**
 * The features of all streams of the contract, in the order of arrival.
 *
 * Each message's stamp is checked (`refuseStamp`), its feature decoded (`decodeFeature`), and what cannot be used is counted by
 * stream and reason. A camera that shows the very same picture again while the robot moves is `stuck`, and stays so until it shows
 * another. Streams without a feature are watched and emit nothing. Unsubscribing unsubscribes from all topics.
 *
 * Where decoding is much work, a message is only looked at: what can be told without decoding it is refused, the picture is the
 * same if its coded bytes are, and the feature is made later, in another thread, for the sets that reach the model.
 */
export function intake(
  robot: Robot,
  contract: Contract,
  state: IntakeState,
): Observable<StreamSample<Feature | LaterFeature>> {
  return new Observable((subscriber) => {
    const pictures: Pictures = new Map();
    for (const [name, { topic, type }] of Object.entries(contract.streams)) {
      if (!isMessageType(type)) continue; // the contract was checked
      const onArrival = (arrival: Arrival) => {
        const sample = accept(contract, { ...state, pictures }, name, arrival);
        if (sample) subscriber.next(sample);
      };
      subscriber.add(robot.subscribe(topic, type, onArrival));
    }
  });
}

function accept(
  contract: Contract,
  state: IntakeState & { readonly pictures: Pictures },
  name: string,
  arrival: Arrival,
): StreamSample<Feature | LaterFeature> | undefined {
  const stream = contract.streams[name]!;
  const watch = state.watches[name] ?? {};
  const { receivedNs, message } = arrival;
  const stampNs = stampOf(message) ?? receivedNs;
  state.ledger.received(name, stampNs, receivedNs);
  state.onArrival(name, arrival);
  const refuse = (reason: string) => {
    state.ledger.dropped(name, reason);
    if (!staleReasons.has(reason)) state.watches[name] = { ...watch, bad: reason };
    return undefined;
  };
  const wrongStamp = refuseStamp(stream, watch, stampNs, receivedNs);
  if (wrongStamp) return refuse(wrongStamp);
  if (!stream.feature) {
    state.watches[name] = { newestNs: stampNs };
    return undefined;
  }
  const taken = take(stream, message, () => state.decodeLater(name, message));
  if ("reason" in taken) return refuse(taken.reason);
  if (stream.feature.kind === "camera") {
    const suspicious = watch.bad === "stuck" || state.hasMoved(receivedNs);
    if (suspicious && isSame(state.pictures.get(name), taken.content)) return refuse("stuck");
    state.pictures.set(name, taken.content);
  }
  if (taken.warnings) state.ledger.warned(name, taken.warnings);
  state.watches[name] = isLater(taken.value) ? letIn(watch, stampNs) : { newestNs: stampNs };
  return { stream: name, stampNs, receivedNs, value: taken.value };
}

type Taken =
  | { readonly reason: string }
  | {
      readonly value: Feature | LaterFeature;
      /** Two messages with the same content show the same. */
      readonly content: FeatureData;
      readonly warnings?: Readonly<Record<string, number>> | undefined;
    };

/** One message's feature, or what can be told of it now. */
function take(stream: StreamContract, message: object, later: () => Promise<FeatureResult>): Taken {
  const apart = apartStream(stream);
  if (apart) {
    const reason = apart.refusal(message);
    return reason ? { reason } : { value: laterFeature(later), content: apart.content(message) };
  }
  const result = decodeFeature(stream, message);
  if (!result.ok) return result;
  return { value: result.feature, content: result.feature.data, warnings: result.warnings };
}

function isSame(a: FeatureData | undefined, b: FeatureData): boolean {
  return a !== undefined && bytesOf(a).equals(bytesOf(b));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: FeatureData) => Buffer.from(buffer, byteOffset, byteLength);
