import secrets

KEY = None


def load():
    global KEY
    KEY = secrets.token_bytes(8)


load()  # hazard: secrets
