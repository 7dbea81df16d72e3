"""Puts the results of all benchmarks in a folder into one file.

    merge.py FOLDER      reads FOLDER/*.json, writes FOLDER/results.json
"""

import glob
import json
import os
import sys


def main():
    folder = sys.argv[1]
    target = os.path.join(folder, "results.json")
    results = {}
    for path in sorted(set(glob.glob(os.path.join(folder, "*.json"))) - {target}):
        with open(path, encoding="utf-8") as file:
            results[os.path.splitext(os.path.basename(path))[0]] = json.load(file)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
