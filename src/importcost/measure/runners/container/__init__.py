"""The container runner: one throwaway container, laid out as Lambda's, carries all runs."""
