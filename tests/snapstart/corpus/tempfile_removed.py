import os
import tempfile

HANDLE, PATH = tempfile.mkstemp()
os.close(HANDLE)
os.unlink(PATH)
with tempfile.TemporaryFile() as scratch:
    scratch.write(b"x")
