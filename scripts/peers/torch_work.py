"""Reads what Polypilot wrote of its own steps, and holds PyTorch's against it: the same weights, the same batch, the same losses."""

import json
import struct

import numpy as np
import torch
from torch import nn

from torch_nets import HALVES, MASKS, Normalise


def read(path):
    """The arrays of a safetensors file of 32-bit floats."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = np.frombuffer(file.read(), dtype="<f4")
    return {
        name: data[entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4].reshape(entry["shape"])
        for name, entry in header.items()
    }


def image(array):
    """[n, height, width, channels] as PyTorch names the axes; the numbers stay where they are."""
    return torch.from_numpy(array).permute(0, 3, 1, 2)


def under(arrays, folder):
    return {name[len(folder) + 1 :]: array.copy() for name, array in arrays.items() if name.startswith(f"{folder}/")}


def inputs_of(arrays):
    features = {name: array for name, array in under(arrays, "features").items()}
    return {name: image(array) if array.ndim == 4 else torch.from_numpy(array) for name, array in features.items()}


def labels_of(arrays):
    labels = {}
    for name, array in under(arrays, "labels").items():
        if name in HALVES:
            labels[name] = torch.from_numpy(array / np.float32(HALVES[name]))
        elif name in MASKS:
            labels[name] = torch.from_numpy(array.astype(np.int64))
        elif name == "sign":
            labels[name] = torch.from_numpy(array.astype(np.int64)).flatten()
        else:
            labels[name] = image(array) if array.ndim == 4 else torch.from_numpy(array)
    return labels


def layers_of(model):
    """Layers that hold parameters, by Polypilot's name."""
    found = {}
    for module in model.modules():
        if hasattr(module, "layers"):
            found |= dict(module.layers.items())
    return found


def take_weights(model, arrays):
    """Copies Polypilot's weights into the model. Every weight must find its place, and every place its weight."""
    weights, used = under(arrays, "weights"), set()

    def copy(parameter, name, change=lambda array: array):
        used.add(name)
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(change(weights[name]))))

    for name, layer in layers_of(model).items():
        if isinstance(layer, Normalise):
            copy(layer.weight, name.replace(":norm", "/scale"))
            copy(layer.bias, name.replace(":norm", "/shift"))
            continue
        kernel = next(known for known in (f"{name}/kernel", name) if known in weights)
        if isinstance(layer, nn.Linear):
            copy(layer.weight, kernel, np.transpose)
        elif layer.groups > 1:
            copy(layer.weight, kernel, lambda array: array.transpose(2, 3, 0, 1))
        else:
            copy(layer.weight, kernel, lambda array: array.transpose(3, 2, 0, 1))
        if layer.bias is not None:
            copy(layer.bias, f"{name}/bias")
    if used != set(weights):
        raise SystemExit(f"PyTorch's net has no place for {sorted(set(weights) - used)}")
    return sum(array.size for array in weights.values())


def largest_difference(expected, found):
    """The largest relative difference of the losses of some steps, head by head."""
    return max(
        abs(step[head] - loss) / max(abs(loss), 1e-6) for want, step in zip(expected, found) for head, loss in want.items()
    )
