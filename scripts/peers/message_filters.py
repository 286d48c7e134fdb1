# Follows ros2/message_filters, src/message_filters/__init__.py: SimpleFilter, TimeSynchronizer and ApproximateTimeSynchronizer, line by
# line where the algorithm is, under its licence:
#
# Copyright (c) 2009, Willow Garage, Inc.
# All rights reserved.
#
# Redistribution and use in source and binary forms, with or without
# modification, are permitted provided that the following conditions are met:
#
#     * Redistributions of source code must retain the above copyright
#       notice, this list of conditions and the following disclaimer.
#     * Redistributions in binary form must reproduce the above copyright
#       notice, this list of conditions and the following disclaimer in the
#       documentation and/or other materials provided with the distribution.
#     * Neither the name of the Willow Garage, Inc. nor the names of its
#       contributors may be used to endorse or promote products derived from
#       this software without specific prior written permission.
#
# THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
# AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
# IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE
# ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE
# LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR
# CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF
# SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
# INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN
# CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)
# ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
# POSSIBILITY OF SUCH DAMAGE.
"""message_filters' two synchronisers without rclpy, for the bench alone.

What differs: stamps are whole nanoseconds where the original makes an rclpy Time or Duration of each, which costs it more; messages
without a header are not taken. So the port is faster than the original, and a ratio against it is on the peer's side.
"""

import itertools
import threading
from functools import reduce


class SimpleFilter:
    def __init__(self):
        self.callbacks = {}

    def register_callback(self, callback, *args):
        connection = len(self.callbacks)
        self.callbacks[connection] = (callback, args)
        return connection

    def signal_message(self, *message):
        for callback, args in self.callbacks.values():
            callback(*(message + args))


class TimeSynchronizer(SimpleFilter):
    """Sets of messages with the same stamp."""

    def __init__(self, filters, queue_size):
        super().__init__()
        self.queues = [{} for _ in filters]
        for index, (one, queue) in enumerate(zip(filters, self.queues)):
            one.register_callback(self.add, queue, index)
        self.queue_size = queue_size
        self.lock = threading.Lock()

    def add(self, message, my_queue, my_queue_index=None):
        with self.lock:
            my_queue[message.stamp] = message
            while len(my_queue) > self.queue_size:
                del my_queue[min(my_queue)]
            common = reduce(set.intersection, [set(queue) for queue in self.queues])
            for stamp in sorted(common):
                self.signal_message(*[queue[stamp] for queue in self.queues])
                for queue in self.queues:
                    del queue[stamp]


class ApproximateTimeSynchronizer(TimeSynchronizer):
    """Sets of messages whose stamps lie less than `slop` nanoseconds apart."""

    def __init__(self, filters, queue_size, slop):
        super().__init__(filters, queue_size)
        self.slop = slop

    def add(self, message, my_queue, my_queue_index=None):
        stamp = message.stamp
        with self.lock:
            my_queue[stamp] = message
            while len(my_queue) > self.queue_size:
                del my_queue[min(my_queue)]
            if my_queue_index is None:
                search_queues = self.queues
            else:
                search_queues = self.queues[:my_queue_index] + self.queues[my_queue_index + 1 :]
            # Of each other queue the stamps that are near enough, the nearest first.
            stamps = []
            for queue in search_queues:
                topic_stamps = []
                for s in queue:
                    stamp_delta = abs(s - stamp)
                    if stamp_delta > self.slop:
                        continue
                    topic_stamps.append((s, stamp_delta))
                if not topic_stamps:
                    return
                stamps.append(sorted(topic_stamps, key=lambda pair: pair[1]))
            for vv in itertools.product(*[list(zip(*s))[0] for s in stamps]):
                vv = list(vv)
                if my_queue_index is not None:
                    vv.insert(my_queue_index, stamp)
                qt = list(zip(self.queues, vv))
                if ((max(vv) - min(vv)) < self.slop) and (len([1 for q, t in qt if t not in q]) == 0):
                    self.signal_message(*[q[t] for q, t in qt])
                    for q, t in qt:
                        del q[t]
                    break
