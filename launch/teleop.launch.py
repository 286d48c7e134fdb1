"""A joystick's way to commands: joy_node, teleop, and the mux that puts a person before a model.

ros2 launch polypilot teleop.launch.py contract:=/path/robot.yaml
"""

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch_ros.actions import Node

sys.path.insert(0, str(Path(__file__).parent))
from polypilot_launch_parts import description, is_true, node, number, value  # noqa: E402

ARGUMENTS = {
    "contract": ("", "robot.yaml; empty: the simulated car's"),
    "joy": ("true", "also start joy_node"),
    "mux": ("true", "also start the mux"),
    "device_id": ("0", "which joystick"),
}


def start(context):
    layout = str(Path(get_package_share_directory("polypilot")) / "config" / "teleop.yaml")
    started = []
    if is_true(context, "joy"):  # before our own nodes, which would run on without it where joy is not installed
        device = {"device_id": number(context, "device_id", int), "autorepeat_rate": 20.0}
        started.append(Node(package="joy", executable="joy_node", namespace=value(context, "namespace"), parameters=[device]))
    started.append(node(context, "teleop", files=[layout]))
    if is_true(context, "mux"):
        started.append(node(context, "mux"))
    return started


def generate_launch_description():
    return description(ARGUMENTS, start)
