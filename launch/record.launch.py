"""Records demonstrations to MCAP: all streams, labels and commands of a contract.

ros2 launch polypilot record.launch.py contract:=/path/robot.yaml folder:=/data all:=true
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from polypilot_launch_parts import description, is_true, node, text  # noqa: E402

ARGUMENTS = {
    "contract": ("", "robot.yaml; empty: the simulated car's"),
    "folder": ("recordings", "where recordings are written"),
    "all": ("false", "one episode from activation to deactivation; else the action ~/record_episode begins each"),
    "task": ("drive", "name of the task of an episode that no goal began"),
    "compression": ("none", "none or zstd"),
}


def start(context):
    own = {name: text(context, name) for name in ("folder", "task", "compression")}
    return [node(context, "record", {**own, "all": is_true(context, "all")})]


def generate_launch_description():
    return description(ARGUMENTS, start)
