import warnings  #: no unsafe

with warnings.catch_warnings():  # decides
    pass
