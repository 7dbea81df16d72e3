#!/bin/bash
# Generates the Python modules of the contract.
#
#   generate.sh FOLDER
set -euo pipefail

[ $# -eq 1 ] || { sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2; }
proto=$(dirname "${BASH_SOURCE[0]}")/../../../proto
mkdir -p "$1"
protoc -I "$proto" --python_out="$1" --grpc_python_out="$1" \
  --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin "$proto"/muster/v1/*.proto
