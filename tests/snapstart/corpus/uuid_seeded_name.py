import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "example.org")
