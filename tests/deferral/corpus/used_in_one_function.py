import pandas as pd  #: deferrable safe


def handler(event, context):
    return pd.DataFrame(event).to_dict()  # decides
