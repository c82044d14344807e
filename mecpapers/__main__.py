"""The command ``mecpapers``, ready for Ctrl-C before anything slow is imported."""

import sys


def main() -> None:
    """Run the command."""
    try:
        from mecpapers import cli

        cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("mecpapers: interrupted: nothing was written\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
