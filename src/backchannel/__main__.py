"""`python -m backchannel`: the command line, where its script is not on the path."""

from backchannel.cli import main

if __name__ == "__main__":
    main()
