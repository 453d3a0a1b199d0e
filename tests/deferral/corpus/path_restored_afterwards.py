import sys  #: no@none unsafe

sys.path.insert(0, "/opt/vendored")
import vendored  #: no unsafe

sys.path.remove("/opt/vendored")  # decides
import json  #: deferrable@none safe


def handler(event, context):
    return vendored.run(json.dumps(event))
