"""The usual target: NAME.cc and NAME.h, as far as they are there, over Abseil."""

def muster_library(name, deps = [], **kwargs):
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]),
        hdrs = native.glob([name + ".h"]),
        deps = deps + ["@debian//:absl"],
        **kwargs
    )
