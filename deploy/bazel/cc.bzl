"""The usual target: NAME.cc and NAME.h, as far as they are there, over Abseil."""

def muster_library(name, deps = [], **kwargs):
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]),
        hdrs = native.glob([name + ".h"]),
        deps = deps + ["@debian//:absl"],
        **kwargs
    )

def muster_test(name, srcs = None, deps = [], size = "small", **kwargs):
    """Of the cases in srcs; NAME.cc where there are none."""
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs or [name + ".cc"],
        deps = deps + [
            "@debian//:absl",
            "@debian//:gtest_main",
        ],
        **kwargs
    )
