"""ssh_config files of all kinds are read as ssh reads them (ten thousands: tests/ssh_config.sh)."""

import os

from against_ssh import compare


def test_generated_files_have_ssh_s_answers(capsys):
    counts = compare(os.environ["PRINT_SETTINGS"], files=400, seed=7)
    assert counts["answered"] > 200, counts
    assert counts["different"] == 0, capsys.readouterr().out
