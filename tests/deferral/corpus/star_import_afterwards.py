import json  #: no unsafe
from utils import *  #: no@self unsafe
import csv  #: deferrable@none safe


def handler(event, context):
    return json.dumps(list(csv.reader(event)))
