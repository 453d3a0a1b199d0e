"""Use cases: check a snapshot, its image, its server, and what priming before it saves."""
