#include "tests/service/prepare/local_shell.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

std::string ReadAndRemove(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  unlink(path.c_str());
  return text;
}

}  // namespace

ShellResult RunShell(const std::string& shell, const std::string& line, const std::string& input) {
  const std::string files = absl::StrCat(::testing::TempDir(), "/local_shell.", getpid());
  std::ofstream(files + ".in", std::ios::binary) << input;
  setenv("LINE", line.c_str(), 1);
  const std::string run =
      absl::StrCat("l=$LINE; unset LINE; cd \"$HOME\" && exec ", shell, " -c \"$l\" < ", files,
                   ".in > ", files, ".out 2> ", files, ".err");
  ShellResult result;
  result.status = system(run.c_str());
  unsetenv("LINE");
  result.out = ReadAndRemove(files + ".out");
  result.err = ReadAndRemove(files + ".err");
  unlink((files + ".in").c_str());
  return result;
}

OwnHome::OwnHome() : before_(getenv("HOME") == nullptr ? "" : getenv("HOME")) {
  char path[] = "/tmp/own_home.XXXXXX";
  path_ = mkdtemp(path);
  setenv("HOME", path_.c_str(), 1);
}

OwnHome::~OwnHome() {
  std::filesystem::remove_all(path_);
  before_.empty() ? unsetenv("HOME") : setenv("HOME", before_.c_str(), 1);
}

}  // namespace muster::service
