"""The command `barnabus`, also as `python -m cli`: processes start each other by it, wherever the script lies."""

import gc
import signal


def main() -> None:
    # while modules load there is nothing to tidy up after a Ctrl-C, and no traceback that would help anybody
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # until its room is loaded (cli/main.py)
    from cli.main import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
