"""Use cases about deferring imports: advice, edits, their verification."""
