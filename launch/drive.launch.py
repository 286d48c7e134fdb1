"""Drives a robot by its contract and a checkpoint; with teleop:=true a person at a joystick goes before the model.

ros2 launch polypilot drive.launch.py contract:=/path/robot.yaml checkpoint:=/path/model
"""

import sys
from pathlib import Path

from launch.actions import IncludeLaunchDescription
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

sys.path.insert(0, str(Path(__file__).parent))
from polypilot_launch_parts import COMMON_NAMES, description, given, is_true, node  # noqa: E402

ARGUMENTS = {
    "contract": ("", "robot.yaml; empty: the checkpoint's own"),
    "checkpoint": ("", "folder of the model; empty: the one that ships, for the simulated car"),
    "runtime": ("auto", "what runs the model: auto, onnxruntime-node, wasm or tfjs-node"),
    "mode": ("drive", "drive, or standby: then the service ~/set_mode or the action ~/drive begins"),
    "teleop": ("false", "also start teleop and mux: a person's commands go before the model's"),
}


def start(context):
    own = given(context, "checkpoint", "runtime", "mode")
    if is_true(context, "teleop"):
        own["command_topic"] = "/policy/drive"
    return [node(context, "drive", own)]


def generate_launch_description():
    person = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([FindPackageShare("polypilot"), "launch", "teleop.launch.py"])),
        launch_arguments={name: LaunchConfiguration(name) for name in COMMON_NAMES}.items(),
        condition=IfCondition(LaunchConfiguration("teleop")),
    )
    return description(ARGUMENTS, start, person)
