import yaml  #: no unsafe

SEEN = []


def load():
    SEEN.append(1)  # decides
    return yaml.safe_load("a: 1")


config = load()


def lambda_handler(event, context):
    return config, SEEN
