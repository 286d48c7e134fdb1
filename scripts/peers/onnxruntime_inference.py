"""Times onnxruntime's bare inference in Python.

    onnxruntime_inference.py MODEL THREADS ROUNDS    THREADS: 0 for as many as the library chooses itself

The inputs are filled once and the same at each run. Prints one JSON line {versions, threads, p50Ms, p99Ms}.
"""

import json
import sys
import time

import numpy as np
import onnxruntime

TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
WARM_UP = 60


def main(model, threads, rounds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = {}
    for given in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in given.shape]
        feeds[given.name] = np.zeros(shape, TYPES[given.type])
    times = []
    for i in range(WARM_UP + int(rounds)):
        start = time.perf_counter()
        session.run(None, feeds)
        if i >= WARM_UP:
            times.append(1000 * (time.perf_counter() - start))
    versions = {"Python": sys.version.split()[0], "onnxruntime": onnxruntime.__version__}
    p50, p99 = (float(np.percentile(times, q)) for q in (50, 99))
    print(json.dumps({"versions": versions, "threads": int(threads), "p50Ms": p50, "p99Ms": p99}))


main(*sys.argv[1:])
