#!/bin/bash
# Runs one file of tests for Bazel, and reports in the way that it asks for.
#
#   run_pytest.sh FILE [PYTEST OPTIONS]
set -euo pipefail

export MUSTER=$PWD/${MUSTER:-} MUSTERD=$PWD/${MUSTERD:-} HOME=${HOME:-$TEST_TMPDIR} PYTHONDONTWRITEBYTECODE=1
# Bazel's folder for temporary files has a longer path than a unix socket may have.
folder=$(mktemp -d /tmp/muster-test.XXXXXX)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
# A test that stands still shows where, before Bazel ends it.
/usr/bin/python3 -m pytest -q -p no:cacheprovider -o faulthandler_timeout=150 --basetemp="$folder/pytest" \
  --junitxml="$XML_OUTPUT_FILE" ${TESTBRIDGE_TEST_ONLY:+-k "$TESTBRIDGE_TEST_ONLY"} "$@"
