"""Times LibMTL's own training loop (Trainer.train, EW weighting, HPS architecture) on the shipped driving model's net.

    libmtl_steps.py WORK    WORK: folder of Polypilot's own first steps (writeSteps)

The release on the package index is of 2021. What it needs of that time is stood in for here, its loop, weighting and architecture are
untouched: it asks for `cuda:0`, whatever the machine has; it imports a module that torchvision has since dropped, and SciPy, for parts
that are not used here; and it takes the next batch by `iterator.next()`. It clips no gradients. Its step is timed from batch to batch.

Prints one JSON line {versions, nets: {net: {cpuMs, wallMs, ways, parameters, difference}}, peakMiB}.
"""

import contextlib
import io
import json
import statistics
import sys
import time
import types
from importlib.metadata import version

import torch

from timing import peak_mib
from torch_nets import Trunk, driving_heads, loss_of
from torch_work import inputs_of, labels_of, take_weights, with_threads
from work import losses_of_first_steps, read, same_work

NET, STEPS = "driving model, equal weights", 30


def stand_in(name, **content):
    module = types.ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module


for missing in ("torchvision", "torchvision.models", "scipy"):
    stand_in(missing)
stand_in("torchvision.models.utils", load_state_dict_from_url=None)
stand_in("scipy.optimize", minimize=None)

import LibMTL.trainer
from LibMTL.architecture import HPS
from LibMTL.loss import AbsLoss
from LibMTL.metrics import AbsMetric
from LibMTL.weighting import EW


class OnCpu(types.ModuleType):
    """PyTorch, with every device the processor."""

    def __getattr__(self, name):
        return (lambda _: torch.device("cpu")) if name == "device" else getattr(torch, name)


LibMTL.trainer.torch = OnCpu("torch")


class Loss(AbsLoss):
    def __init__(self, task):
        super().__init__()
        self.compute_loss = loss_of(task)


class NoMetric(AbsMetric):
    def update_fun(self, pred, gt):
        pass

    def score_fun(self):
        return [1.0]


class Inputs(tuple):
    """The streams of a batch, which LibMTL moves to its device."""

    def to(self, *_, **__):
        return self


class Batches:
    """The same batch a number of times, noting when each was asked for."""

    def __init__(self, inputs, labels, count):
        self.batch, self.count, self.marks = (Inputs(inputs), labels), count, []

    def __len__(self):
        return self.count

    def __iter__(self):
        return self

    def __next__(self):
        self.marks.append((time.process_time(), time.perf_counter()))
        return self.batch

    next = __next__


def trainer_of(arrays, like_tensorflow, dropout):
    heads = driving_heads()
    tasks = {name: {"metrics": [], "metrics_fn": NoMetric(), "loss_fn": Loss(name), "weight": [1]} for name in heads}
    trainer = LibMTL.trainer.Trainer(
        tasks,
        EW,
        HPS,
        lambda: Trunk(like_tensorflow, dropout),
        heads,
        rep_grad=False,
        multi_input=False,
        optim_param={"optim": "adam", "lr": 1e-3},
        scheduler_param=None,
        weight_args={},
        arch_args={},
    )
    parameters = take_weights(trainer.model, arrays)
    trainer.model.to(memory_format=torch.channels_last)
    trainer.test = lambda *_, **__: None
    trainer.meter.display_best_result = lambda: None
    reinit = trainer.meter.reinit

    def keep_losses_and_reinit():
        trainer.last_losses = [trainer.meter.losses[name].record[-1] for name in trainer.task_name]
        reinit()

    trainer.meter.reinit = keep_losses_and_reinit
    return trainer, parameters


def batches_of(arrays, count):
    inputs = inputs_of(arrays)
    return Batches([inputs[name] for name in ("camera", "lidar", "joints")], labels_of(arrays), count)


def checked(arrays, folder):
    """How far the first losses are from Polypilot's; later ones part, since LibMTL clips no gradients."""
    trainer, _ = trainer_of(arrays, True, 0.0)
    trainer.train(batches_of(arrays, 1), None, 1)
    found = dict(zip(trainer.task_name, trainer.last_losses))
    return same_work(NET, "LibMTL", losses_of_first_steps(folder, NET)[:1], [found], 1e-4)


def timed_loop(arrays):
    """Medians over the batches of one epoch, from one batch's asking to the next one's."""
    trainer, parameters = trainer_of(arrays, False, 0.2)
    batches = batches_of(arrays, 2 * STEPS + 1)
    trainer.train(batches, None, 1)
    steps = list(zip(batches.marks, batches.marks[1:]))[STEPS:]
    cpu, wall = (1000 * statistics.median(after[i] - before[i] for before, after in steps) for i in (0, 1))
    return {"cpuMs": cpu, "wallMs": wall, "parameters": parameters}


def main(folder):
    arrays = read(folder, NET)
    counts = sorted({1, torch.get_num_threads()})
    with contextlib.redirect_stdout(io.StringIO()):
        difference = checked(arrays, folder)
        net = with_threads(counts, lambda: timed_loop(arrays)) | {"difference": difference}
    versions = {"Python": sys.version.split()[0], "PyTorch": torch.__version__, "LibMTL": version("LibMTL")}
    print(json.dumps({"versions": versions, "nets": {NET: net}, "peakMiB": peak_mib()}))


main(*sys.argv[1:])
