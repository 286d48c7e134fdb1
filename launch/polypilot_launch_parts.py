"""What the launch files here share: the arguments that each has, how a value is read, how a node is started.

It lies beside them, in the clone and where they are installed; each puts its own folder on Python's path before it imports this.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterValue

COMMON = {
    "params_file": ("", "YAML with parameters; goes before the arguments here"),
    "namespace": ("", "namespace of the nodes"),
    "relative_topics": ("false", "take the contract's topics without their leading slash, so that they lie in the namespace"),
    "use_sim_time": ("false", "follow /clock"),
    "autostart": ("true", "configure and activate at once; else a lifecycle manager does"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
}
COMMON_NAMES = ("contract", *COMMON)


def value(context, name):
    return LaunchConfiguration(name).perform(context)


def text(context, name):
    """A parameter that stays a text even where it looks like a number."""
    return ParameterValue(value(context, name), value_type=str)


def is_true(context, name):
    return value(context, name).lower() in ("true", "1", "yes", "on")


def number(context, name, kind=float):
    given_text = value(context, name)
    try:
        return kind(given_text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise ValueError(f"[launch] [{name}] {wanted}. Found {given_text or 'nothing'}. Give {name}:=1.") from None


def given(context, *names):
    """Those of the named arguments that are not empty, as texts: for the others the node's own default holds."""
    return {name: text(context, name) for name in names if value(context, name)}


def node(context, name, own=None, files=()):
    """The managed node `name` with the arguments that all have, its own parameters, and files of them: params_file goes last, so it wins."""
    common = {key: is_true(context, key) for key in ("relative_topics", "use_sim_time", "autostart")}
    params_file = value(context, "params_file")
    return LifecycleNode(
        package="polypilot",
        executable=name,
        name=name,
        namespace=value(context, "namespace"),
        parameters=[{**common, **given(context, "contract"), **(own or {})}, *files, *([params_file] if params_file else [])],
        ros_arguments=["--log-level", value(context, "log_level")],
        output="screen",
        sigterm_timeout="5",
    )


def description(arguments, start, *first):
    """Declares the arguments, a file's own before those that all have, and starts `first` and then what `start(context)` returns.

    Where launch does not find a package it gives up, and leaves running what it has started: what needs other packages goes first.
    """
    declared = {**arguments, **{name: common for name, common in COMMON.items() if name not in arguments}}
    return LaunchDescription(
        [
            *(DeclareLaunchArgument(name, default_value=default, description=what) for name, (default, what) in declared.items()),
            *first,
            OpaqueFunction(function=start),
        ]
    )
