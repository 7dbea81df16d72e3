"""Random arguments and variables reach programs byte for byte in every login shell (100,000: tests/shells.sh)."""

import os
import shutil

import through_shells


def test_arguments_come_as_they_are(capsys):
    names = [name for name, words in through_shells.SHELLS.items() if shutil.which(words[0])]
    assert len(names) == len(through_shells.SHELLS), f"not installed: {set(through_shells.SHELLS) - set(names)}"
    wrong = through_shells.try_shells(os.environ["PRINT_LINES"], os.environ["RECORD_ARGUMENTS"], 80, 7, names)
    assert not any(wrong.values()), capsys.readouterr().out
