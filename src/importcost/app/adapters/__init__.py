"""One web app under a server and behind packages that make a handler of it."""
