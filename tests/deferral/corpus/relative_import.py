from .core import run  #: deferrable safe
from . import text as words  #: deferrable@none safe


def handler(event, context):
    return run(event), words.clean(event)  # decides
