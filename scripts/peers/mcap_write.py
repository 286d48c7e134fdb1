"""Records camera messages with PyPI's mcap writer: mcap_write.py MESSAGES OUT FRAMES COMPRESSION

MESSAGES holds CDR messages, each behind its length in four bytes, that are written over and over. COMPRESSION is none, or zstd, the
writer's default. Prints what it took from the opening of the file to its closing, as one JSON line.
"""

import importlib.metadata
import json
import os
import platform
import struct
import sys
import time

from mcap.writer import CompressionType, Writer

FRAME_NS = 33_333_333


def read_messages(path):
    with open(path, "rb") as file:
        data = file.read()
    messages, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        messages.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return messages


def record(path, messages, frames, compression):
    with open(path, "wb") as file:
        writer = Writer(file, compression=compression, enable_data_crcs=True)  # as ours has
        writer.start(profile="ros2")
        schema = writer.register_schema(name="sensor_msgs/msg/Image", encoding="ros2msg", data=b"")
        channel = writer.register_channel(topic="/camera/image_raw", message_encoding="cdr", schema_id=schema)
        for i in range(frames):
            now = (i + 1) * FRAME_NS
            writer.add_message(
                channel, log_time=now, data=messages[i % len(messages)], publish_time=now, sequence=i
            )
        writer.finish()


source, out, frames, compression = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
messages = read_messages(source)
before = time.perf_counter(), time.process_time()
record(out, messages, frames, CompressionType.NONE if compression == "none" else CompressionType.ZSTD)
seconds, cpu_seconds = time.perf_counter() - before[0], time.process_time() - before[1]
size = os.path.getsize(out)
os.remove(out)
versions = {"mcap": importlib.metadata.version("mcap"), "Python": platform.python_version()}
print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "size": size, "versions": versions}))
