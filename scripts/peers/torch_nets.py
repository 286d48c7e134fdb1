"""The bench's three nets in PyTorch, with the names that Polypilot gives their parameters, and their losses.

Images are [n, channels, height, width] in channels_last, the layout that PyTorch's CPU kernels are fastest with; where a map becomes a
vector its numbers are in the order height, width, channels, as in TensorFlow, which in that layout takes no copy.

`like_tensorflow` pads convolutions of stride 2 as TensorFlow's "same" does (on the right and below), so that numbers can be compared.
Steps are timed with PyTorch's own padding (the same on all sides), which needs no copy and is the same amount of work.
"""

import torch
from torch import nn
from torch.nn import functional as F

from work import HALVES, MASKS

ROWS = [(24, 5, 2), (36, 5, 2), (48, 5, 2), (64, 3, 1), (64, 3, 1)]
BLOCKS = [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (384, 1)]
BLOCKS += [(c, -2) for c in (256, 128, 64, 32)]
CLASSES = 4
# Tasks with a learned noise, and the factor of their loss: ½ for squared errors, 1 for cross-entropies.
FACTORS = {"markings": 1.0, "drivable": 1.0, "sign": 1.0, "reconstruction": 0.5}


def flat(image):
    return image.permute(0, 2, 3, 1).flatten(1)


class Same(nn.Conv2d):
    """A convolution whose answer has the image's size divided by the stride."""

    def __init__(self, inputs, outputs, side, stride=1, *, like_tensorflow, **options):
        asymmetric = like_tensorflow and stride > 1
        super().__init__(inputs, outputs, side, stride, 0 if asymmetric else side // 2, **options)
        self.before, self.after = ((side - stride) // 2, (side - stride + 1) // 2) if asymmetric else (0, 0)

    def forward(self, x):
        if self.after:
            x = F.pad(x, (self.before, self.after, self.before, self.after))
        return super().forward(x)


class Layers(nn.Module):
    """Layers under Polypilot's names, which may hold slashes."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict()

    def add(self, name, layer):
        self.layers[name] = layer
        return layer


class PilotNet(Layers):
    features = ["image"]

    def __init__(self, like_tensorflow):
        super().__init__()
        channels = 3
        self.convolutions = []
        for i, (outputs, side, stride) in enumerate(ROWS):
            self.convolutions.append(f"conv{i}")
            self.add(f"conv{i}", nn.Conv2d(channels, outputs, side, stride))
            channels = outputs
        self.dense = []
        for i, (inputs, outputs) in enumerate([(1152, 100), (100, 50), (50, 10), (10, 1)]):
            self.dense.append(f"dense{i}")
            self.add(f"dense{i}", nn.Linear(inputs, outputs))

    def forward(self, image):
        x = image
        for name in self.convolutions:
            x = F.relu(self.layers[name](x))
        x = flat(x)
        for name in self.dense[:-1]:
            x = F.relu(self.layers[name](x))
        return {"task": self.layers[self.dense[-1]](x)}


class Normalise(nn.Module):
    """Batch normalisation by the batch's own statistics."""

    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return F.relu6(F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=1e-3))


class Depthwise(Layers):
    features = ["image"]

    def __init__(self, like_tensorflow):
        super().__init__()
        options = {"bias": False, "like_tensorflow": like_tensorflow}
        self.order = []

        def normalised(name, channels, layer):
            self.order.append(name)
            self.add(name, layer)
            self.add(f"{name}:norm", Normalise(channels))

        normalised("stem", 16, Same(3, 16, 3, 2, **options))
        channels = 16
        for i, (outputs, stride) in enumerate(BLOCKS):
            grouped = Same(channels, channels, 3, max(1, stride), groups=channels, **options)
            normalised(f"block{i}/depthwise", channels, grouped)
            normalised(f"block{i}/pointwise", outputs, nn.Conv2d(channels, outputs, 1, bias=False))
            channels = outputs
        self.doubled = {f"block{i}/depthwise" for i, (_, stride) in enumerate(BLOCKS) if stride < 0}
        self.add("answer", nn.Conv2d(channels, 1, 1))

    def forward(self, image):
        x = image
        for name in self.order:
            if name in self.doubled:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = self.layers[f"{name}:norm"](self.layers[name](x))
        return {"task": self.layers["answer"](x)}


class Trunk(Layers):
    """Encoders of the shipped driving model and what joins them: a vector and the camera's maps."""

    def __init__(self, like_tensorflow, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        channels = 3
        for i, (outputs, side) in enumerate([(16, 5), (32, 3), (48, 3), (64, 3)]):
            self.add(f"encoder/camera/conv{i + 1}", Same(channels, outputs, side, 2, like_tensorflow=like_tensorflow))
            channels = outputs
        self.add("encoder/lidar/dense1", nn.Linear(32, 64))
        self.add("encoder/lidar/dense2", nn.Linear(64, 32))
        self.add("encoder/joints/dense1", nn.Linear(2, 16))
        self.add("fusion/dense", nn.Linear(1008, 128))

    def forward(self, given):
        camera, lidar, joints = given
        of, maps, x = self.layers, [], camera / 127.5 - 1.0
        for i in range(1, 5):
            x = F.relu(of[f"encoder/camera/conv{i}"](x))
            maps.append(x)
        scan = F.relu(of["encoder/lidar/dense2"](F.relu(of["encoder/lidar/dense1"](lidar / 4.0 - 1.0))))
        speeds = F.relu(of["encoder/joints/dense1"](joints / 60.0))
        vector = F.relu(of["fusion/dense"](torch.cat([self.dropout(flat(x)), scan, speeds], 1)))
        return vector, maps


class Regression(Layers):
    def __init__(self, name):
        super().__init__()
        self.name = f"head/{name}"
        for part, outputs in (("hidden", 64), ("mean", 1), ("log_variance", 1)):
            self.add(f"{self.name}/{part}", nn.Linear(128 if part == "hidden" else 64, outputs))

    def forward(self, represented):
        hidden = F.relu(self.layers[f"{self.name}/hidden"](represented[0]))
        bounded = 5.0 * torch.tanh(self.layers[f"{self.name}/log_variance"](hidden) / 5.0) - 2.0
        return torch.cat([self.layers[f"{self.name}/mean"](hidden), bounded], 1)


class Mask(Layers):
    def __init__(self, name, classes):
        super().__init__()
        self.name = f"head/{name}/decoder"
        for i, channels in enumerate((16, 32, 48, 64)):
            self.add(f"{self.name}/lateral{i + 1}", nn.Conv2d(channels, 16, 1))
        for i in (1, 2, 3):
            self.add(f"{self.name}/mix{i}", nn.Conv2d(16, 16, 3, padding=1))
        self.add(f"{self.name}/out", nn.Conv2d(16, classes, 1))

    def forward(self, represented):
        maps = represented[1]
        x = F.relu(self.layers[f"{self.name}/lateral4"](maps[3]))
        for i in (3, 2, 1):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = F.relu(x + self.layers[f"{self.name}/lateral{i}"](maps[i - 1]))
            x = F.relu(self.layers[f"{self.name}/mix{i}"](x))
        return self.layers[f"{self.name}/out"](x)


class Sign(Layers):
    def __init__(self):
        super().__init__()
        self.add("head/sign/hidden", nn.Linear(128, 64))
        self.add("head/sign/logits", nn.Linear(64, CLASSES))

    def forward(self, represented):
        return self.layers["head/sign/logits"](F.relu(self.layers["head/sign/hidden"](represented[0])))


class Reconstruction(Layers):
    def __init__(self):
        super().__init__()
        self.add("head/reconstruction/dense", nn.Linear(128, 960))
        self.add("head/reconstruction/conv1", nn.Conv2d(16, 16, 3, padding=1))
        self.add("head/reconstruction/conv2", nn.Conv2d(16, 3, 3, padding=1))

    def forward(self, represented):
        image = F.relu(self.layers["head/reconstruction/dense"](represented[0])).view(-1, 6, 10, 16).permute(0, 3, 1, 2)
        image = F.interpolate(image, scale_factor=2, mode="nearest")
        image = F.interpolate(F.relu(self.layers["head/reconstruction/conv1"](image)), scale_factor=2, mode="nearest")
        return self.layers["head/reconstruction/conv2"](image)


def driving_heads():
    heads = {name: Regression(name) for name in HALVES}
    heads |= {name: Mask(name, classes) for name, classes in MASKS.items()}
    return nn.ModuleDict(heads | {"sign": Sign(), "reconstruction": Reconstruction()})


class Driving(nn.Module):
    features = ["camera", "lidar", "joints"]

    def __init__(self, like_tensorflow, dropout=0.2):
        super().__init__()
        self.trunk, self.heads = Trunk(like_tensorflow, dropout), driving_heads()

    def forward(self, *given):
        represented = self.trunk(given)
        return {name: head(represented) for name, head in self.heads.items()}


def squared(answer, label):
    return torch.mean(torch.square(answer - label))


def gaussian(answer, label):
    s = answer[:, 1:]
    return 0.5 * torch.mean(s + 7.0 + torch.square(answer[:, :1] - label) * torch.exp(-s))


def reconstructed(answer, label):
    return squared(answer, F.avg_pool2d(label / 127.5 - 1.0, 2))


def loss_of(task):
    """The loss of a task from its answer and its label."""
    if task in HALVES:
        return gaussian
    if task in MASKS or task == "sign":
        return F.cross_entropy
    return reconstructed if task == "reconstruction" else squared


def losses_of(answers, labels):
    return {task: loss_of(task)(answer, labels[task]) for task, answer in answers.items()}
