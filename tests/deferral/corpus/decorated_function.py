from fast import app  #: no@none unsafe
import json  #: deferrable safe


@app.get("/")
def handler():
    return json.dumps(1)  # decides
