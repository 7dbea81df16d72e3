"""Answers what ClusterShell makes of the expressions on standard input, one a line.

Each answer is a line: "ok", the expansion and the folded text, separated by tabs, or "error".
"""
import sys

from ClusterShell.NodeSet import NodeSet, NodeSetException, RESOLVER_NOGROUP

for line in sys.stdin:
    try:
        nodes = NodeSet(line.rstrip("\n"), resolver=RESOLVER_NOGROUP)
        print("ok", ",".join(nodes), str(nodes), sep="\t")
    except NodeSetException:
        print("error")
    except (AssertionError, ValueError):  # what ClusterShell 1.9 lets slip on bad ranges
        print("error")
