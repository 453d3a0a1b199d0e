import json  #: no unsafe


class Encoder(json.JSONEncoder):  # decides
    pass
