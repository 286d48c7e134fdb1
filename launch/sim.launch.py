"""The built-in simulator's car as a robot on ROS 2; with drive:=true the shipped model drives it.

ros2 launch polypilot sim.launch.py seed:=7 drive:=true
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from polypilot_launch_parts import description, given, is_true, node, number, text  # noqa: E402

ARGUMENTS = {
    "contract": ("", "robot.yaml; empty: the simulated car's"),
    "seed": ("1", "which track, car and noise"),
    "real_time_factor": ("1.0", "speed of simulated time against the wall's"),
    "truth": ("scalars", "which labels are published: none, scalars or all"),
    "drive": ("false", "also start the drive node, on simulated time"),
    "checkpoint": ("", "folder of the model; empty: the one that ships"),
}


def start(context):
    own = {"seed": number(context, "seed", int), "real_time_factor": number(context, "real_time_factor")}
    started = [node(context, "sim", {**own, "truth": text(context, "truth"), "use_sim_time": False})]
    if is_true(context, "drive"):
        started.append(node(context, "drive", {**given(context, "checkpoint"), "use_sim_time": True}))
    return started


def generate_launch_description():
    return description(ARGUMENTS, start)
