"""Reads what Polypilot wrote of its own first steps (writeSteps), and says how far a peer's losses are from those."""

import json
import os
import struct

import numpy as np

HALVES = {"steering": 0.45, "lane_offset": 0.6, "heading_error": 0.5}
MASKS = {"markings": 3, "drivable": 2}


def read(folder, net):
    """The arrays of a net: `weights/…`, `features/…`, `labels/…` of a safetensors file of 32-bit floats."""
    with open(os.path.join(folder, f"{net}.safetensors"), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = np.frombuffer(file.read(), dtype="<f4")
    return {
        name: data[entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4].reshape(entry["shape"])
        for name, entry in header.items()
    }


def under(arrays, folder):
    return {name[len(folder) + 1 :]: array.copy() for name, array in arrays.items() if name.startswith(f"{folder}/")}


def labels_of(arrays):
    """Labels as a loss takes them: in half ranges, or classes as integers."""
    labels = under(arrays, "labels")
    for name in labels:
        if name in HALVES:
            labels[name] = labels[name] / np.float32(HALVES[name])
        elif name in MASKS or name == "sign":
            labels[name] = labels[name].astype(np.int64)
    if "sign" in labels:
        labels["sign"] = labels["sign"].flatten()
    return labels


def losses_of_first_steps(folder, net):
    with open(os.path.join(folder, f"{net}.json")) as file:
        return json.load(file)["losses"]


def largest_difference(expected, found):
    """The largest relative difference of the losses of some steps, head by head."""
    return max(
        abs(step[head] - loss) / max(abs(loss), 1e-6) for want, step in zip(expected, found) for head, loss in want.items()
    )


def same_work(net, peer, expected, found, tolerance):
    """How far the losses are from Polypilot's. Ends the program if that is too far for the same work."""
    difference = largest_difference(expected, found)
    if not difference < tolerance:
        raise SystemExit(f"{net}: {peer}'s losses are {difference:.2g} (relative) from Polypilot's; this is not the same work")
    return difference
