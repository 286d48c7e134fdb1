export { type ReadReport, type RecordedMessage, type Recording, readRecording } from "./mcap/read-recording.js";
export { openRecorder, type Recorder, type RecorderCounts, type RecorderOptions } from "./mcap/recorder.js";
