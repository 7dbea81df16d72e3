"""Sends random arguments through login shells, as the lines that Muster makes of them.

    through_shells.py PRINT_LINES RECORD COUNT SEED [SHELL...]

A line for each shell: how many vectors of arguments, and a variable with half of them, came to a program byte for
byte, and how many were refused before anything ran. Exits with 1 where one came otherwise.
"""

import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile

SHELLS = {"sh": ["/bin/sh"], "bash": ["bash"], "dash": ["dash"], "zsh": ["zsh"], "fish": ["fish"], "tcsh": ["tcsh"],
          "busybox": ["busybox", "sh"], "mksh": ["mksh"]}
# What is special to some shell, and bytes of UTF-8: whole ones, and others.
PIECES = [piece.encode() for piece in "' \" \n ! ~ - = % @ $ ` \\ \r \t { } * ? [ ] # ^ ( ) < > & | ; é 😀 \uf680 \x01 "
          "\x1b \x7f $(id) `id` ${HOME} !! !$ \\! '\\'' a b / .".split(" ")] + [
              b" ", b"\n", b"\xff", b"\x80", b"\xc3", b"\xa9", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80"]
PLAIN = b"abcxyzABC0189_-./:,+@%="
MOST = 100_000  # bytes of one line, of the 131,071 that a shell is handed


def argument(chance):
    kind = chance.random()
    size = int(chance.expovariate(1 / 8)) + 1
    if kind < 0.06:
        return b""
    if kind < 0.5:
        return b"".join(chance.choice(PIECES) for _ in range(size))
    if kind < 0.8:
        return bytes(chance.randrange(1, 256) for _ in range(size))
    if kind < 0.801:
        return bytes(chance.randrange(1, 256) for _ in range(4000))
    return bytes(chance.choice(PLAIN) for _ in range(size))


def vector(chance):
    """The value of a variable, and arguments."""
    return argument(chance) if chance.random() < 0.5 else b"", [argument(chance) for _ in range(chance.randrange(6))]


def record_of(value, arguments):
    return b"".join(text + b"\0" for text in [value, b"%d" % len(arguments), *arguments])


def lines_of(print_lines, program, vectors):
    """Bytes for each; None where it is refused."""
    asked = b"".join(record_of(value, [program.encode(), *arguments]) for value, arguments in vectors)
    told = subprocess.run([print_lines], input=asked, stdout=subprocess.PIPE, check=True).stdout
    lines = told.split(b"\0")[:-1]
    assert len(lines) == len(vectors)
    return [line[1:] if line.startswith(b"=") else None for line in lines]


class Shell:
    def __init__(self, name, folder):
        self.name, self.words = name, SHELLS[name]
        self.record = os.path.join(folder, name)
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "RECORD": self.record}

    def run(self, line):
        """What came to the program."""
        with open(self.record, "wb"):
            pass
        subprocess.run([*self.words, "-c", line], env=self.environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(self.record, "rb") as record:
            return record.read()


def batches_of(lines, vectors):
    batch, size = [], 0
    for line, sent in zip(lines, vectors):
        if line is None:
            continue
        if batch and (size + len(line) > MOST or len(batch) == 200):
            yield batch
            batch, size = [], 0
        batch.append((line, sent))
        size += len(line) + 1
    if batch:
        yield batch


# A variable outlives its line: the next one, without one, would have it as well.
def joined(batch):
    return b"\n".join(line for line, _ in batch)


def through(shell, lines, vectors):
    """The vectors that came otherwise."""
    wrong = []
    for batch in batches_of(lines, vectors):
        if shell.run(joined(batch)) == b"".join(record_of(*sent) for _, sent in batch):
            continue
        wrong += [sent for line, sent in batch if shell.run(line) != record_of(*sent)]
    return wrong


def vectors_of(count, seed):
    chance = random.Random(seed)
    sent = [vector(chance) for _ in range(count)]
    # Those with a variable first, with one that is there: in a batch it would stay.
    return sorted(sent, key=lambda one: one[0] == b"")


def try_shells(print_lines, program, count, seed, names):
    """A dict of what was refused and a dict of what came otherwise, by shell; prints as each ends."""
    vectors = vectors_of(count, seed)
    lines = lines_of(print_lines, program, vectors)
    refused = lines.count(None)
    wrong = {}
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tries = {pool.submit(through, Shell(name, folder), lines, vectors): name for name in names}
        for done in concurrent.futures.as_completed(tries):
            name = tries[done]
            wrong[name] = done.result()
            print(f"{name}: {count - refused - len(wrong[name])} of {count} came byte for byte, {refused} refused, "
                  f"{len(wrong[name])} wrong", flush=True)
            for value, arguments in wrong[name][:3]:
                print(f"  VALUE={value[:200]} {[argument[:200] for argument in arguments]}", flush=True)
    return wrong


def main():
    print_lines, program, count, seed = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), *map(int, sys.argv[3:5])
    names = sys.argv[5:] or list(SHELLS)
    missing = [name for name in names if shutil.which(SHELLS[name][0]) is None]
    print(f"seed {seed}" + (f"; not installed: {' '.join(missing)}" if missing else ""), flush=True)
    wrong = try_shells(print_lines, program, count, seed, [name for name in names if name not in missing])
    sys.exit(1 if missing or any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
