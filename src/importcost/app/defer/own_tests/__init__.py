"""Run the user's own tests on a copy of the project, with and without the changes."""
