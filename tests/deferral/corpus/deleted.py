import json  #: no unsafe

del json  # decides
