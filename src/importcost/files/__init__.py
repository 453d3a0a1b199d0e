"""The user's disk: whole files are written or none, and reading is bounded."""
