"""A world in the new Gazebo (ros_gz_sim), its topics bridged to ROS 2, and the drive node on its clock.

ros2 launch polypilot gazebo.launch.py world:=/path/world.sdf contract:=/path/robot.yaml checkpoint:=/path/model
"""

import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

sys.path.insert(0, str(Path(__file__).parent))
from polypilot_launch_parts import description, given, is_true, node, value  # noqa: E402

ARGUMENTS = {
    "world": ("", "the SDF file of the world; empty: Gazebo runs already"),
    "gz_args": ("-r -s", "further arguments for Gazebo; -s has no window"),
    "bridge": ("", "ros_gz_bridge's YAML; empty: the one that ships"),
    "contract": ("", "robot.yaml; empty: the checkpoint's own"),
    "checkpoint": ("", "folder of the model; empty: the one that ships"),
    "use_sim_time": ("true", "follow /clock"),
}


def start(context):
    share = Path(get_package_share_directory("polypilot"))
    bridge = value(context, "bridge") or str(share / "config" / "bridge.yaml")
    started = [
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            name="gazebo_bridge",
            namespace=value(context, "namespace"),
            parameters=[{"config_file": bridge, "use_sim_time": is_true(context, "use_sim_time")}],
            output="screen",
        ),
        node(context, "drive", given(context, "checkpoint")),
    ]
    if value(context, "world"):
        launch_file = Path(get_package_share_directory("ros_gz_sim")) / "launch" / "gz_sim.launch.py"
        arguments = f"{value(context, 'gz_args')} {value(context, 'world')}".strip()
        source = PythonLaunchDescriptionSource(str(launch_file))
        started.insert(0, IncludeLaunchDescription(source, launch_arguments={"gz_args": arguments}.items()))
    return started


def generate_launch_description():
    return description(ARGUMENTS, start)
