import logging  #: no unsafe

logging.basicConfig(level="INFO")  # decides


def handler(event, context):
    logging.info("x")
