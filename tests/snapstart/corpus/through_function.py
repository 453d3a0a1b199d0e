import uuid


def make(prefix):
    return f"{prefix}-{uuid.uuid4()}"


SESSION = make("s")  # hazard: uuid
