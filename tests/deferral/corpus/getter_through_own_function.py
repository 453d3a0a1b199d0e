import yaml  #: getter safe


def load():
    return yaml.safe_load("a: 1")


config = load()  # decides


def lambda_handler(event, context):
    return config["a"], yaml.dump(event)
