from uuid import uuid1 as make

NODE = f"node-{make()}"  # hazard: uuid
