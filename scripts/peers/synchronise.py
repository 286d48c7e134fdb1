"""Times message_filters' synchronisers on a recorded order of arrivals.

    synchronise.py FILE    FILE: JSON {queueSize, toleranceNs, streams, arrivals: {approximate|exact: [[stream, stamp in ns], …]}}

Prints one JSON line {versions, policies: {policy: {sets, seconds}}}; seconds are of processor time, the median of three runs.
"""

import json
import statistics
import sys
import time

from message_filters import ApproximateTimeSynchronizer, SimpleFilter, TimeSynchronizer


class Message:
    __slots__ = ("stamp",)

    def __init__(self, stamp):
        self.stamp = stamp


def run(given, policy):
    filters = [SimpleFilter() for _ in given["streams"]]
    size = given["queueSize"]
    if policy == "exact":
        synchroniser = TimeSynchronizer(filters, size)
    else:
        synchroniser = ApproximateTimeSynchronizer(filters, size, given["toleranceNs"])
    sets = 0

    def count(*_):
        nonlocal sets
        sets += 1

    synchroniser.register_callback(count)
    arrivals = [(filters[stream], Message(int(stamp))) for stream, stamp in given["arrivals"][policy]]
    start = time.process_time()
    for one, message in arrivals:
        one.signal_message(message)
    return {"sets": sets, "seconds": time.process_time() - start}


with open(sys.argv[1]) as file:
    given = json.load(file)
policies = {}
for policy in given["arrivals"]:
    runs = [run(given, policy) for _ in range(3)]
    policies[policy] = {"sets": runs[0]["sets"], "seconds": statistics.median(one["seconds"] for one in runs)}
print(json.dumps({"versions": {"Python": sys.version.split()[0]}, "policies": policies}))
