export { episodeTopic, episodeType, type RecordedEpisode } from "./episodes.js";
export { type ReadReport, type RecordedMessage, type Recording, readRecording } from "./mcap/read-recording.js";
export { openRecorder, type Recorder, type RecorderCounts, type RecorderOptions } from "./mcap/recorder.js";
export { type RecordingSummary, summariseRecording, type TopicSummary } from "./summarise-recording.js";
export { recordTopics, type TapOptions, tapRobot } from "./tap-robot.js";
