"""State and clocks that own classes, closures and files hold, whoever asks for them first."""
