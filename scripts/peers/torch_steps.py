"""Times training steps of the bench's nets in PyTorch, eager and under torch.compile, after it has checked that they are the same work.

    torch_steps.py WORK MODE    WORK: folder of Polypilot's own first steps (writeSteps); MODE: eager or compile

Eager steps are timed with one thread and with as many as PyTorch chooses; compiled ones, which are compiled anew for another number of
threads, with one. Prints one JSON line {versions, nets: {net: {cpuMs, wallMs, ways, parameters, difference}}, peakMiB}.
"""

import json
import sys

import torch

from timing import peak_mib, timed
from torch_nets import FACTORS, Depthwise, Driving, PilotNet, losses_of
from torch_work import inputs_of, labels_of, take_weights, with_threads
from work import losses_of_first_steps, read, same_work

# Of depthwise's third step: batch normalisation spreads rounding.
TOLERANCE = 2e-3
NETS = {
    "PilotNet-like": (PilotNet, 1e-4, 30),
    "depthwise": (Depthwise, 1e-4, 8),
    "driving model": (Driving, 1e-3, 30),
    "driving model, equal weights": (Driving, 1e-3, 30),
}


def stepper(model, arrays, rate, uncertain, compiled):
    """A step to call without arguments; it gives each head's loss before it."""
    torch.compiler.reset()
    model = model.to(memory_format=torch.channels_last).train()
    noises = {name: torch.nn.Parameter(torch.zeros(())) for name in FACTORS if uncertain}
    own = list(model.parameters())
    adam = torch.optim.Adam([*own, *noises.values()], rate, fused=True)
    inputs, labels = inputs_of(arrays), labels_of(arrays)

    def forward(given, wanted):
        losses = losses_of(model(*given), wanted)
        total = sum(loss for name, loss in losses.items() if name not in noises)
        for name, s in noises.items():
            total = total + FACTORS[name] * torch.exp(-s) * losses[name] + 0.5 * s
        return total, losses

    forward = torch.compile(forward) if compiled else forward

    def step():
        adam.zero_grad()
        total, losses = forward([inputs[name] for name in model.features], labels)
        total.backward()
        torch.nn.utils.clip_grad_norm_(own, 5.0)
        adam.step()
        return {name: loss.item() for name, loss in losses.items()}

    return step


def checked(net, folder, arrays):
    """How far the losses of the first steps are from Polypilot's."""
    make, rate, _ = NETS[net]
    model = make(True, **({"dropout": 0.0} if make is Driving else {}))
    take_weights(model, arrays)
    step = stepper(model, arrays, rate, net == "driving model", False)
    expected = losses_of_first_steps(folder, net)
    return same_work(net, "PyTorch", expected, [step() for _ in expected], TOLERANCE)


def measured(net, folder, compiled, counts):
    make, rate, steps = NETS[net]
    arrays = read(folder, net)
    difference = checked(net, folder, arrays)
    model = make(False)
    parameters = take_weights(model, arrays)
    torch.set_num_threads(counts[0])
    step = stepper(model, arrays, rate, net == "driving model", compiled)
    return with_threads(counts, lambda: timed(step, parameters, steps)) | {"difference": difference}


def main(folder, mode):
    compiled = mode == "compile"
    counts = [1] if compiled else sorted({1, torch.get_num_threads()})
    # The driving model with equal weights is there for LibMTL's sake, which does not compile.
    names = [net for net in NETS if not (compiled and net.endswith("equal weights"))]
    nets = {net: measured(net, folder, compiled, counts) for net in names}
    versions = {"Python": sys.version.split()[0], "PyTorch": torch.__version__}
    print(json.dumps({"versions": versions, "nets": nets, "peakMiB": peak_mib()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
