import tempfile

HANDLE, PATH = tempfile.mkstemp()  # hazard: tempfile
