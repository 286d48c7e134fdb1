"""The shipped driving model (contracts/sim-car.yaml) in Keras: the same layers, heads, losses, uncertainty weighting and Adam."""

import tensorflow as tf

from work import HALVES, MASKS

layers = tf.keras.layers
SIZE, CLASSES = (24, 40), 4
# Tasks with a learned noise, and the factor of their loss: ½ for squared errors, 1 for cross-entropies.
FACTORS = {"markings": 1.0, "drivable": 1.0, "sign": 1.0, "reconstruction": 0.5}


def upsampled(x, size):
    return tf.image.resize(x, size, method="nearest")


def mask_head(name, maps, classes):
    x = layers.ReLU()(layers.Conv2D(16, 1, name=f"{name}/lateral4")(maps[-1]))
    for i, finer in reversed(list(enumerate(maps[:-1], 1))):
        lateral = layers.Conv2D(16, 1, name=f"{name}/lateral{i}")(finer)
        x = layers.ReLU()(layers.Add()([upsampled(x, finer.shape[1:3]), lateral]))
        x = layers.Conv2D(16, 3, 1, "same", activation="relu", name=f"{name}/mix{i}")(x)
    return layers.Conv2D(classes, 1, name=f"{name}/out")(x)


def regression_head(name, shared):
    hidden = layers.Dense(64, "relu", name=f"{name}/hidden")(shared)
    bounded = 5.0 * tf.tanh(layers.Dense(1, name=f"{name}/log_variance")(hidden) / 5.0) - 2.0
    return layers.Concatenate()([layers.Dense(1, name=f"{name}/mean")(hidden), bounded])


def reconstruction_head(name, shared):
    image = layers.Reshape((6, 10, 16))(layers.Dense(960, "relu", name=f"{name}/dense")(shared))
    image = layers.Conv2D(16, 3, 1, "same", activation="relu", name=f"{name}/conv1")(upsampled(image, (12, 20)))
    return layers.Conv2D(3, 3, 1, "same", name=f"{name}/conv2")(upsampled(image, SIZE))


def net(dropout):
    """The net, with the names that Polypilot gives its parameters."""
    camera, lidar, joints = layers.Input((48, 80, 3)), layers.Input((32,)), layers.Input((2,))
    maps, x = [], camera / 127.5 - 1.0
    for i, (channels, side) in enumerate(((16, 5), (32, 3), (48, 3), (64, 3)), 1):
        x = layers.Conv2D(channels, side, 2, "same", activation="relu", name=f"encoder/camera/conv{i}")(x)
        maps.append(x)
    scan = layers.Dense(64, "relu", name="encoder/lidar/dense1")(lidar / 4.0 - 1.0)
    vectors = [
        layers.Dropout(dropout)(layers.Flatten()(x)),
        layers.Dense(32, "relu", name="encoder/lidar/dense2")(scan),
        layers.Dense(16, "relu", name="encoder/joints/dense1")(joints / 60.0),
    ]
    shared = layers.Dense(128, "relu", name="fusion/dense")(layers.Concatenate()(vectors))
    answers = {name: regression_head(f"head/{name}", shared) for name in HALVES}
    answers |= {name: mask_head(f"head/{name}/decoder", maps, classes) for name, classes in MASKS.items()}
    answers["sign"] = layers.Dense(CLASSES, name="head/sign/logits")(
        layers.Dense(64, "relu", name="head/sign/hidden")(shared)
    )
    answers["reconstruction"] = reconstruction_head("head/reconstruction", shared)
    return tf.keras.Model([camera, lidar, joints], answers)


def losses_of(answers, labels):
    losses = {}
    for name in HALVES:
        mean, s = answers[name][:, :1], answers[name][:, 1:]
        losses[name] = 0.5 * tf.reduce_mean(s + 7.0 + tf.square(mean - labels[name]) * tf.exp(-s))
    for name in [*MASKS, "sign"]:
        crossed = tf.nn.sparse_softmax_cross_entropy_with_logits(labels[name], answers[name])
        losses[name] = tf.reduce_mean(crossed)
    small = tf.nn.avg_pool2d(tf.cast(labels["reconstruction"], tf.float32) / 127.5 - 1.0, 2, 2, "SAME")
    losses["reconstruction"] = tf.reduce_mean(tf.square(answers["reconstruction"] - small))
    return losses


def driving_step(model, adam, features, labels):
    """A step to call without arguments; it gives each head's loss before it."""
    noises = {name: tf.Variable(0.0) for name in FACTORS}

    @tf.function
    def step(camera, lidar, joints, labels):
        with tf.GradientTape() as tape:
            losses = losses_of(model([tf.cast(camera, tf.float32), lidar, joints], training=True), labels)
            total = tf.add_n([losses[name] for name in HALVES])
            for name, factor in FACTORS.items():
                total += factor * tf.exp(-noises[name]) * losses[name] + 0.5 * noises[name]
        gradients, of_noises = tape.gradient(total, (model.trainable_variables, list(noises.values())))
        gradients, _ = tf.clip_by_global_norm(gradients, 5.0)
        adam.apply_gradients(zip([*gradients, *of_noises], [*model.trainable_variables, *noises.values()]))
        return losses

    given = (features["camera"].astype("uint8"), features["lidar"], features["joints"])

    def run():
        wanted = {name: tf.constant(label) for name, label in labels.items()}
        return {name: float(loss) for name, loss in step(*map(tf.constant, given), wanted).items()}

    return run
