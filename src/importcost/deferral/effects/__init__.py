"""Read from source what importing a module does to things that are not its own."""
