from typing import TYPE_CHECKING  #: no unsafe

if TYPE_CHECKING:  # decides
    import pandas as pd


def handler(event: "pd.DataFrame", context):
    return event
