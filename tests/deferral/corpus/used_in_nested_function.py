import numpy as np  #: deferrable safe


def handler(event, context):
    def scale(values):
        return lambda factor: np.array(values) * factor  # decides

    return scale([1])(2)
