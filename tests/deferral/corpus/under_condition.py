import os  #: no unsafe

if os.environ.get("DEBUG"):  # decides
    import pdb  #: no unsafe


def handler(event, context):
    pdb.set_trace()
