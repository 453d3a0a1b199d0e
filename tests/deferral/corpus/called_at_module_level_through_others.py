import yaml  #: no unsafe


def inner():
    return yaml.safe_load("a: 1")


def outer():
    return [inner()]


if outer():  # decides
    pass
