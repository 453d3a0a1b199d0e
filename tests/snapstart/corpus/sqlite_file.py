import sqlite3
import tempfile

FOLDER = tempfile.mkdtemp()  # hazard: tempfile
DB = sqlite3.connect(FOLDER + "/data.db")  # hazard: connection
MEMORY = sqlite3.connect(":memory:")
