import ddtrace  #: no@self unsafe
from aws_xray_sdk.core import xray_recorder  #: no@self unsafe


def handler(event, context):
    return xray_recorder, ddtrace
