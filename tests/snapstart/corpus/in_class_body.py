import uuid


class Config:
    retries = 3
    node = uuid.uuid4().hex  # hazard: uuid
