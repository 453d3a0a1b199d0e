"""The edit that defers an import."""
