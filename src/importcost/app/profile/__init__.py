"""Use cases about one profile: measure it, read it from a log, gather what its reports show."""
