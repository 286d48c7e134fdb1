"""Polypilot's weights and batches as PyTorch takes them."""

import numpy as np
import torch
from torch import nn

import work
from timing import best_of
from torch_nets import Normalise


def as_tensor(array):
    """An image [n, height, width, channels] with the axes as PyTorch names them; the numbers stay where they are."""
    tensor = torch.from_numpy(array)
    return tensor.permute(0, 3, 1, 2) if array.ndim == 4 else tensor


def inputs_of(arrays):
    return {name: as_tensor(array) for name, array in work.under(arrays, "features").items()}


def labels_of(arrays):
    return {name: as_tensor(array) for name, array in work.labels_of(arrays).items()}


def layers_of(model):
    """Layers that hold parameters, by Polypilot's name."""
    found = {}
    for module in model.modules():
        if hasattr(module, "layers"):
            found |= dict(module.layers.items())
    return found


def take_weights(model, arrays):
    """Copies Polypilot's weights into the model: every weight must find its place. Gives the number of parameters."""
    weights, used = work.under(arrays, "weights"), set()

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
    return sum(parameter.numel() for parameter in model.parameters())


def with_threads(counts, time):
    """The best of `time()` with some numbers of threads. One takes the least processor time, all take the least of the wall's."""
    runs = {}
    for count in counts:
        torch.set_num_threads(count)
        runs[f"{count} thread{'s' if count > 1 else ''}"] = time()
    return best_of(runs)
