# package: yes
from .core import run  #: no@self unsafe
from .text import clean  #: deferrable safe


def handler(event, context):
    return clean(event)  # decides
