#!/bin/bash
# Runs one file of tests for Bazel, and reports in the way that it asks for.
#
#   run_pytest.sh FILE [PYTEST OPTIONS]
set -euo pipefail

export MUSTER=$PWD/$MUSTER MUSTERD=$PWD/$MUSTERD HOME=${HOME:-$TEST_TMPDIR} PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m pytest -q -p no:cacheprovider --basetemp="$TEST_TMPDIR/pytest" \
  --junitxml="$XML_OUTPUT_FILE" ${TESTBRIDGE_TEST_ONLY:+-k "$TESTBRIDGE_TEST_ONLY"} "$@"
