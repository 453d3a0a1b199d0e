import uuid

try:
    import no_such_module_anywhere
except ImportError:
    FALLBACK = uuid.uuid4()  # hazard: uuid

for number in range(2):
    LAST = uuid.uuid4()  # hazard: uuid
