"""The usual targets. What nearly every source draws in is parsed once for all of them, in a prelude; a source
includes all the same what it uses, and `--define=prelude=none` shows where it does not."""

def _with_prelude(prelude):
    return select({
        "//deploy/bazel:without_prelude": [],
        "//conditions:default": prelude,
    })

def muster_library(name, deps = [], **kwargs):
    """NAME.cc and NAME.h, as far as they are there, over Abseil."""
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]),
        hdrs = native.glob([name + ".h"]),
        copts = _with_prelude(["-include", "deploy/bazel/prelude.h", "-Winvalid-pch"]),
        deps = deps + ["@debian//:absl"] + _with_prelude(["//deploy/bazel:prelude"]),
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
