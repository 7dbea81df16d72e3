"""The usual targets. What nearly every source draws in is parsed once for all of them, in a prelude; a source
includes all the same what it uses, and `--define=prelude=none` shows where it does not."""

# Whose sources have to do with messages and calls of the contract: theirs is a longer prelude.
_OF_CONTRACT = [
    "client/commands",
    "client/library",
    "client/output",
    "service",
    "service/api",
    "service/daemon",
    "service/events",
    "service/journal",
    "service/log",
    "service/prepare",
    "service/rollout",
    "service/runs",
    "service/store",
    "service/watch",
    "tests/bench/micro",
    "tests/service/simulation",
]

def _with_prelude(prelude):
    return select({
        "//deploy/bazel:without_prelude": [],
        "//conditions:default": prelude,
    })

def _prelude_of(deps, prelude):
    if prelude:
        return prelude

    # What is built of nothing of ours has no messages either.
    of_contract = deps and native.package_name() in _OF_CONTRACT
    return "proto" if of_contract else "deploy/bazel"

def _copts_of(prelude):
    return _with_prelude(["-include", prelude + "/prelude.h", "-Winvalid-pch"])

def _deps_of(prelude):
    return ["@debian//:absl"] + _with_prelude(["//%s:prelude" % prelude])

def muster_library(name, srcs = None, hdrs = None, deps = [], copts = [], prelude = None, **kwargs):
    """NAME.cc and NAME.h, as far as they are there, or what is given, over Abseil.

    Args:
      name: the library.
      srcs: its sources.
      hdrs: its headers.
      deps: what it is built of, but for Abseil.
      copts: more options of the compiler.
      prelude: the package whose prelude it takes, where that is not its package's.
      **kwargs: of cc_library.
    """
    prelude = _prelude_of(deps, prelude)
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]) if srcs == None else srcs,
        hdrs = native.glob([name + ".h"]) if hdrs == None else hdrs,
        copts = copts + _copts_of(prelude),
        deps = deps + _deps_of(prelude),
        **kwargs
    )

def muster_binary(name, srcs = None, deps = [], **kwargs):
    """A program of NAME.cc, or of srcs, over Abseil."""
    prelude = _prelude_of(deps, None)
    native.cc_binary(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = _copts_of(prelude),
        deps = deps + _deps_of(prelude),
        **kwargs
    )

# Half of what it takes to compile a test is to optimize it, which nobody notices. (glibc's checks ask for that.)
TEST_COPTS = ["-O0", "-U_FORTIFY_SOURCE"]

def muster_test(name, srcs = None, deps = [], size = "small", **kwargs):
    """Of the cases in srcs; NAME.cc where there are none. What is tested is compiled as it is released."""
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs or [name + ".cc"],
        copts = TEST_COPTS + _with_prelude(["-include", "tests/prelude.h", "-Winvalid-pch"]),
        deps = deps + [
            "@debian//:absl",
            "@debian//:gtest_main",
        ] + _with_prelude(["//tests:prelude"]),
        **kwargs
    )
