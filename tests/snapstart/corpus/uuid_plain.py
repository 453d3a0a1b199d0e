import uuid

SESSION = str(uuid.uuid4())  # hazard: uuid
