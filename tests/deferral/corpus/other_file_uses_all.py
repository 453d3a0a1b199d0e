# outside: *
import numpy as np  #: no@none unsafe


def handler(event, context):
    return np.zeros(3)
