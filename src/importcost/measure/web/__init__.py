"""A web app under its server: what its launches are told, and what their rows mean."""
