"""`python -m cli` is the command `barnabus`: processes start each other by it, wherever the script lies."""

from cli.main import main

main()
