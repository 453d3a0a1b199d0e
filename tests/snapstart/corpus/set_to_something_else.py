import uuid

SESSION = uuid.uuid4()
SESSION = None
OTHER = uuid.uuid4()
del OTHER
