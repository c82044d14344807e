"""The command ``mecpapers``, ready for Ctrl-C before anything slow is imported."""

import os
import sys


def main() -> None:
    """Run the command."""
    try:
        os.getcwd()  # without a working folder some libraries cannot be imported
    except FileNotFoundError as error:
        sys.stderr.write(f"mecpapers: the working folder: {error.strerror}\n")
        sys.exit(2)
    try:
        from mecpapers import cli

        cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("mecpapers: interrupted: nothing was written\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
