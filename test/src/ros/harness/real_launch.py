"""Reads and runs launch files with ROS 2's own launch, as `ros2 launch` does: `arguments FILE…` prints what each takes as JSON; `run FILE name:=value…` starts it."""

import json
import sys

import launch
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource, get_launch_description_from_any_launch_file

order, *given = sys.argv[1:]
if order == "arguments":
    taken = {}
    for path in given:
        description = get_launch_description_from_any_launch_file(path)
        declared = description.get_launch_arguments(conditional_inclusion=True)
        assert all(isinstance(one, DeclareLaunchArgument) and one.description for one in declared)
        taken[path] = [one.name for one in declared]
    print(json.dumps(taken))
else:
    path, *arguments = given
    service = launch.LaunchService(argv=arguments, noninteractive=True)
    pairs = [argument.split(":=", 1) for argument in arguments]
    service.include_launch_description(
        launch.LaunchDescription([IncludeLaunchDescription(AnyLaunchDescriptionSource(path), launch_arguments=pairs)])
    )
    sys.exit(service.run())
