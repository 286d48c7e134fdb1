"""Times training steps of the bench's nets in Keras under tf.function: prints one JSON line {net: {cpuMs, wallMs}}."""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf

from keras_driving import driving_step
from timing import peak_mib, timed

layers = tf.keras.layers
BATCH = 16


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


def time_steps(net, answer, steps):
    adam = tf.keras.optimizers.Adam(1e-4, global_clipnorm=5.0)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(x, training=True) - y))
        gradients = tape.gradient(loss, net.trainable_variables)
        adam.apply_gradients(zip(gradients, net.trainable_variables))
        return loss

    random = np.random.default_rng(1)
    x = random.random((BATCH, *net.input_shape[1:]), dtype=np.float32)
    y = random.random((BATCH, *answer), dtype=np.float32)
    parameters = int(sum(np.prod(v.shape) for v in net.trainable_variables))
    return timed(lambda: step(tf.constant(x), tf.constant(y)).numpy(), parameters, steps)


NETS = {
    "PilotNet-like": time_steps(pilot_net(), (1,), 30),
    "depthwise": time_steps(depthwise_net(), (80, 160, 1), 5),
    "driving model": timed(*driving_step(BATCH), 30),
}
print(
    json.dumps(
        {
            "versions": {"Python": sys.version.split()[0], "TensorFlow": tf.__version__},
            "nets": NETS,
            "peakMiB": peak_mib(),
        }
    )
)
