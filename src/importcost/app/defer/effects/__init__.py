"""Judge deferrable imports by what importing their modules does."""
