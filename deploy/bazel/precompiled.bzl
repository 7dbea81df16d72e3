"""Headers that many sources draw in, parsed once."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    ctx.actions.write(header, "".join(["#include <%s>\n" % name for name in ctx.attr.headers]))
    compiled = ctx.actions.declare_file(ctx.label.name + ".h.gch")  # where GCC looks for it
    needed = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        include_directories = needed.compilation_context.includes,
        source_file = header.path,
        output_file = compiled.path,
        user_compile_flags = flags + ["-x", "c++-header"],
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = "c++-compile",
        ),
        arguments = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = "c++-compile",
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = "c++-compile",
            variables = variables,
        ),
        inputs = depset(
            [header],
            transitive = [needed.compilation_context.headers, toolchain.all_files],
        ),
        outputs = [compiled],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling %s" % header.short_path,
    )
    own = cc_common.create_compilation_context(headers = depset([header, compiled]))
    return [
        DefaultInfo(files = depset([header, compiled])),
        cc_common.merge_cc_infos(cc_infos = [CcInfo(compilation_context = own), needed]),
    ]

# NAME.h, which includes those. Whoever is compiled with the same flags and `-include FOLDER/NAME.h` takes what
# was parsed; with others GCC reads the headers themselves, and says so (-Winvalid-pch).
precompiled_header = rule(
    implementation = _precompiled_header_impl,
    attrs = {
        "headers": attr.string_list(mandatory = True),
        "deps": attr.label_list(providers = [CcInfo]),
        "copts": attr.string_list(),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

# What sources of all layers draw in.
PRELUDE = [
    "algorithm",
    "atomic",
    "chrono",
    "condition_variable",
    "deque",
    "functional",
    "map",
    "memory",
    "mutex",
    "string",
    "thread",
    "unordered_map",
    "utility",
    "vector",
    "absl/algorithm/container.h",
    "absl/container/flat_hash_map.h",
    "absl/container/flat_hash_set.h",
    "absl/functional/any_invocable.h",
    "absl/functional/function_ref.h",
    "absl/status/statusor.h",
    "absl/strings/ascii.h",
    "absl/strings/match.h",
    "absl/strings/str_cat.h",
    "absl/strings/str_join.h",
    "absl/strings/strip.h",
    "absl/time/clock.h",
    "absl/time/time.h",
    "absl/types/optional.h",
    "absl/types/span.h",
]
