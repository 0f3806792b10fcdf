"""``python -m maane`` is ``maane``."""

from maane.cli import main

main()
