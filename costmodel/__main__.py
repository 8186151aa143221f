"""Let `python -m costmodel` do what the command `costmodel` does."""

from costmodel.cli import main

if __name__ == "__main__":
    main()
