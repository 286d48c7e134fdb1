import { type Arrival, type Contract, type Feature, isMessageType, type Robot, stampOf } from "@polypilot/core";
import { decodeFeature } from "@polypilot/sensors";
import type { StreamSample } from "@polypilot/streams";
import { Observable } from "rxjs";
import type { Ledger } from "./drive-health.js";
import { refuseStamp, type StreamWatch, staleReasons } from "./stream-watch.js";

/** What the intake keeps up to date as messages come in. */
export interface IntakeState {
  /** By stream of the contract. */
  readonly watches: Record<string, StreamWatch>;
  readonly ledger: Ledger;
  /** Called first for each message, whatever becomes of it. */
  onArrival(stream: string, arrival: Arrival): void;
}

/**
 * The features of all streams of the contract, in the order of arrival.
 *
 * Each message's stamp is checked (`refuseStamp`), its feature decoded (`decodeFeature`), and what cannot be used is counted by
 * stream and reason. Streams without a feature are watched and emit nothing. Unsubscribing unsubscribes from all topics.
 */
export function intake(robot: Robot, contract: Contract, state: IntakeState): Observable<StreamSample<Feature>> {
  return new Observable((subscriber) => {
    for (const [name, { topic, type }] of Object.entries(contract.streams)) {
      if (!isMessageType(type)) continue; // the contract was checked
      const onArrival = (arrival: Arrival) => {
        const sample = accept(contract, state, name, arrival);
        if (sample) subscriber.next(sample);
      };
      subscriber.add(robot.subscribe(topic, type, onArrival));
    }
  });
}

function accept(
  contract: Contract,
  state: IntakeState,
  name: string,
  arrival: Arrival,
): StreamSample<Feature> | undefined {
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
  const result = decodeFeature(stream, message);
  if (!result.ok) return refuse(result.reason);
  if (result.warnings) state.ledger.warned(name, result.warnings);
  state.watches[name] = { newestNs: stampNs };
  return { stream: name, stampNs, receivedNs, value: result.feature };
}
