"""C++ code from .proto files, with Debian's protoc and grpc_cpp_plugin."""

def cc_grpc_library(name, srcs, root, services = [], visibility = None):
    """One cc_library from all of `srcs`.

    Args:
      name: the library.
      srcs: .proto files that may import each other.
      root: the folder, from the workspace, that imports start at.
      services: those of srcs that declare a service.
      visibility: of the library.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    service_stems = [src[:-len(".proto")] for src in services]
    hdrs = [s + ".pb.h" for s in stems] + [s + ".grpc.pb.h" for s in service_stems]
    ccs = [s + ".pb.cc" for s in stems] + [s + ".grpc.pb.cc" for s in service_stems]
    strip = native.package_name()[len(root):].strip("/")
    out = "$(RULEDIR)" + "/.." * len([p for p in strip.split("/") if p])
    protoc = "/usr/bin/protoc -I{root} ".format(root = root)
    command = protoc + "--cpp_out={out} $(SRCS)".format(out = out)
    if services:
        command += " && " + protoc + (
            "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out={out} {files}"
        ).format(out = out, files = " ".join(["$(location %s)" % s for s in services]))
    native.genrule(
        name = name + "_generate",
        srcs = srcs,
        outs = hdrs + ccs,
        cmd = command,
    )
    native.cc_library(
        name = name,
        srcs = ccs,
        hdrs = hdrs,
        copts = ["-w"],
        strip_include_prefix = "/" + root,
        visibility = visibility,
        deps = ["@debian//:grpc++"],
    )
