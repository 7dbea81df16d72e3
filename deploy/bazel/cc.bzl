"""The usual target: NAME.cc and NAME.h, as far as they are there, over Abseil."""

def muster_library(name, deps = [], **kwargs):
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]),
        hdrs = native.glob([name + ".h"]),
        deps = deps + ["@debian//:absl"],
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
        copts = TEST_COPTS,
        deps = deps + [
            "@debian//:absl",
            "@debian//:gtest_main",
        ],
        **kwargs
    )
