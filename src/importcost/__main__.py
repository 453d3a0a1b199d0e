"""`python -m importcost` is the `importcost` command."""

from importcost.cli.main import main

if __name__ == "__main__":
    main()
