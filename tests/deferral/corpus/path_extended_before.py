import sys  #: no@none unsafe

sys.path.append("/opt/vendored")
import vendored  #: deferrable safe


def handler(event, context):
    return vendored.run(event)  # decides
