"""Runs a launch file against stand-ins for launch and launch_ros that take exactly what their documentation names, and prints what it starts as JSON."""

import importlib.util
import json
import sys
import types

path, given = sys.argv[1], json.loads(sys.argv[2])
values, started, declared = {}, [], {}


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made


class LaunchConfiguration:
    def __init__(self, variable_name, *, default=None):
        self.name = variable_name

    def perform(self, context):
        return values[self.name]


class DeclareLaunchArgument:
    def __init__(self, name, *, default_value=None, description=None, choices=None):
        assert isinstance(default_value, str) and description
        declared[name] = default_value
        values[name] = given.get(name, default_value)


class OpaqueFunction:
    def __init__(self, *, function, args=None, kwargs=None):
        self.function = function


class ParameterValue:
    def __init__(self, value, *, value_type=None):
        assert value_type is str
        self.value = str(value)


class Include:
    def __init__(self, source, *, condition=None, launch_arguments=None):
        self.what = {"include": str(source), "arguments": sorted(name for name, _ in launch_arguments)}


class Source(str):
    pass


def plain(parameter):
    if isinstance(parameter, str):
        return parameter
    return {key: value.value if isinstance(value, ParameterValue) else value for key, value in parameter.items()}


class Node:
    def __init__(self, *, package, executable, name=None, namespace=None, parameters=None, ros_arguments=None, output=None, sigterm_timeout=None):
        self.what = {"package": package, "executable": executable, "name": name, "namespace": namespace, "parameters": [plain(one) for one in parameters or []]}


class LifecycleNode(Node):
    def __init__(self, *, name, namespace, **more):
        super().__init__(name=name, namespace=namespace, **more)


class LaunchDescription:
    def __init__(self, entities):
        self.entities = entities


module("launch", LaunchDescription=LaunchDescription)
module("launch.actions", DeclareLaunchArgument=DeclareLaunchArgument, OpaqueFunction=OpaqueFunction, IncludeLaunchDescription=Include)
module("launch.conditions", IfCondition=lambda predicate: predicate)
module("launch.launch_description_sources", PythonLaunchDescriptionSource=Source)
module("launch.substitutions", LaunchConfiguration=LaunchConfiguration, PathJoinSubstitution=lambda parts: "/".join(parts))
module("launch_ros")
module("launch_ros.actions", Node=Node, LifecycleNode=LifecycleNode)
module("launch_ros.parameter_descriptions", ParameterValue=ParameterValue)
module("launch_ros.substitutions", FindPackageShare=lambda package: f"share/{package}")
module("ament_index_python")
module("ament_index_python.packages", get_package_share_directory=lambda package: f"/share/{package}")
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("launch_file", path)
file = importlib.util.module_from_spec(spec)
spec.loader.exec_module(file)
for entity in file.generate_launch_description().entities:
    if isinstance(entity, OpaqueFunction):
        started.extend(one.what for one in entity.function(None))
    elif isinstance(entity, Include):
        started.append(entity.what)
unknown = sorted(set(given) - set(declared))
print(json.dumps({"declared": declared, "started": started, "unknown": unknown}))
