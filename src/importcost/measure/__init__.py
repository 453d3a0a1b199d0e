"""Plans runs, carries them out through a runner, and assembles the profile."""
