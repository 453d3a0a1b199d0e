__lazy_modules__ = ["json", "csv"]
import json  #: lazy@self unsafe
from csv import reader  #: lazy@self unsafe
import re  #: deferrable@8 safe


def handler(event, context):
    return json.dumps(list(reader(re.escape(event))))
