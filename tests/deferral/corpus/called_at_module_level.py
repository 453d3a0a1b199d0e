import yaml  #: no unsafe


def load():
    return yaml.safe_load("a: 1")


print(load())  # decides


def handler(event, context):
    return yaml.dump(event)
