from pathlib import Path

Path("/tmp/importcost-corpus-a").write_text("x")  # hazard: tempfile
