from math import *  #: no@self unsafe


def handler(event, context):
    return sin(1)
