# outside: np
import numpy as np  #: no@none unsafe
import pandas as pd  #: deferrable safe


def handler(event, context):
    return pd.DataFrame(np.zeros(3))  # decides
