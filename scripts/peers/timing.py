"""How every Python peer times a step: medians of processor time (all threads) and of the wall's, after as many steps that do not count."""

import resource
import statistics
import time


def timed(step, parameters, steps):
    cpu, wall = [], []
    for i in range(2 * steps):
        before = time.process_time(), time.perf_counter()
        step()
        if i >= steps:
            cpu.append(1000 * (time.process_time() - before[0]))
            wall.append(1000 * (time.perf_counter() - before[1]))
    return {"cpuMs": statistics.median(cpu), "wallMs": statistics.median(wall), "parameters": parameters}


def peak_mib():
    """The program's own: Linux counts in a child's maxrss what its parent held when it forked."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def best_of(runs):
    """The least processor time and the least wall time of some ways, by their names, and all of them."""
    best = {key: min(run[key] for run in runs.values()) for key in ("cpuMs", "wallMs")}
    return {**next(iter(runs.values())), **best, "ways": runs}
