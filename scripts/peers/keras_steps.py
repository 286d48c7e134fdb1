"""Times training steps of the bench's nets in Keras under tf.function, after it has checked that they are the same work.

    keras_steps.py WORK    WORK: folder of Polypilot's own first steps (writeSteps)

Prints one JSON line {versions, nets: {net: {cpuMs, wallMs, parameters, difference}}, peakMiB}.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

from keras_driving import driving_step
from keras_driving import net as driving_net
from timing import peak_mib, timed
from work import labels_of, losses_of_first_steps, read, same_work, under

layers = tf.keras.layers
# Of depthwise's third step: batch normalisation spreads rounding.
TOLERANCE = 2e-3


def pilot_net():
    rows = [(24, 5, 2), (36, 5, 2), (48, 5, 2), (64, 3, 1), (64, 3, 1)]
    convolutions = [layers.Conv2D(c, k, s, activation="relu") for c, k, s in rows]
    dense = [layers.Dense(n, "relu") for n in (100, 50, 10)]
    return tf.keras.Sequential([layers.Input((66, 200, 3)), *convolutions, layers.Flatten(), *dense, layers.Dense(1)])


def depthwise_net():
    blocks = [(32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (384, 1)]
    blocks += [(c, -2) for c in (256, 128, 64, 32)]
    x = image = layers.Input((160, 320, 3))

    def normalised(y):
        return layers.ReLU(6.0)(layers.BatchNormalization(fused=True)(y))

    x = normalised(layers.Conv2D(16, 3, 2, "same", use_bias=False)(x))
    for channels, stride in blocks:
        if stride < 0:
            x = layers.UpSampling2D(2, interpolation="nearest")(x)
        x = normalised(layers.DepthwiseConv2D(3, max(1, stride), "same", use_bias=False)(x))
        x = normalised(layers.Conv2D(channels, 1, 1, "same", use_bias=False)(x))
    return tf.keras.Model(image, layers.Conv2D(1, 1, 1, "same")(x))


def adam_of(rate):
    # Keras adds its ε before the correction of the second moment's bias: this is what the others' 1e-8 is there in the second step.
    return tf.keras.optimizers.Adam(rate, epsilon=1e-8 * (1 - 0.999**2) ** 0.5)


def take_weights(net, arrays):
    """Gives the net Polypilot's weights, by name where the net has those names, else in their order; and their number."""
    weights = under(arrays, "weights")
    variables = net.trainable_variables
    named = [variable.name.split(":")[0] for variable in variables]
    given = [weights[name] for name in named] if set(named) == set(weights) else list(weights.values())
    if [tuple(variable.shape) for variable in variables] != [array.shape for array in given]:
        raise SystemExit("Keras's net has other shapes than Polypilot's")
    for variable, array in zip(variables, given):
        variable.assign(array)
    return sum(array.size for array in given)


def image_step(net, features, labels):
    adam = adam_of(1e-4)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(x, training=True) - y))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, net.trainable_variables), 5.0)
        adam.apply_gradients(zip(gradients, net.trainable_variables))
        return loss

    return lambda: {"task": float(step(tf.constant(features["image"]), tf.constant(labels["task"])))}


def driving(net, features, labels):
    return driving_step(net, adam_of(1e-3), features, labels)


# How the net is made with and without dropout, how its step is, and the steps that are timed.
NETS = {
    "PilotNet-like": (lambda _: pilot_net(), image_step, 30),
    "depthwise": (lambda _: depthwise_net(), image_step, 8),
    "driving model": (driving_net, driving, 30),
}


def stepper(name, arrays, dropout):
    make, step, _ = NETS[name]
    net = make(dropout)
    parameters = take_weights(net, arrays)
    return step(net, under(arrays, "features"), labels_of(arrays)), parameters


def measured(name, folder):
    arrays = read(folder, name)
    step, _ = stepper(name, arrays, 0.0)
    expected = losses_of_first_steps(folder, name)
    difference = same_work(name, "Keras", expected, [step() for _ in expected], TOLERANCE)
    step, parameters = stepper(name, arrays, 0.2)
    return timed(step, parameters, NETS[name][2]) | {"difference": difference}


def main(folder):
    nets = {name: measured(name, folder) for name in NETS}
    versions = {"Python": sys.version.split()[0], "TensorFlow": tf.__version__}
    print(json.dumps({"versions": versions, "nets": nets, "peakMiB": peak_mib()}))


main(*sys.argv[1:])
