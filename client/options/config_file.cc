#include "client/options/config_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/library/server_address.h"
#include "client/text/read_file.h"

namespace muster::client {
namespace {

constexpr char kProfiles[] = "profiles";

std::string Place(const std::string& path, const YAML::Mark& mark) {
  return absl::StrCat(path, ":", mark.line + 1);
}

absl::Status Wrong(absl::string_view place, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", problem));
}

// Before it is read: what is changed in between was changed by who may.
absl::Status CheckOwner(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, " cannot be read"));
  }
  if (file.st_uid != geteuid() && file.st_uid != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " belongs to another user (", file.st_uid,
                     "), who could say in it what is run in your name; use a copy of your own"));
  }
  if (S_ISREG(file.st_mode) && (file.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " can be written by others, who could say in it what is run in your ",
                     "name; chmod go-w ", path));
  }
  return absl::OkStatus();
}

absl::Status ReadValues(const YAML::Node& node, Setting* setting) {
  if (node.IsScalar()) {
    setting->values.push_back(node.Scalar());
    return absl::OkStatus();
  }
  if (node.IsSequence()) {
    for (const YAML::Node& each : node) {
      if (!each.IsScalar()) return Wrong(setting->place, "a list holds plain values only");
      setting->values.push_back(each.Scalar());
    }
  }
  if (!setting->values.empty()) return absl::OkStatus();
  return Wrong(setting->place, absl::StrCat(setting->name, ": expected a value, or a list of some",
                                            node.IsNull() ? "; there is none" : ""));
}

// Reads one file. Lives for one call.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<std::vector<ConfigSection>> Read(const YAML::Node& root) {
    sections_.emplace_back();
    YAML::Node profiles;
    absl::Status status = ReadSection(root, &sections_.front(), &profiles);
    if (status.ok() && profiles.IsDefined() && !profiles.IsNull()) status = ReadProfiles(profiles);
    if (!status.ok()) return status;
    return std::move(sections_);
  }

 private:
  std::string PlaceOf(const YAML::Node& node) const { return Place(path_, node.Mark()); }

  absl::Status CheckMap(const YAML::Node& node, absl::string_view what) const {
    if (node.IsNull() || node.IsMap()) return absl::OkStatus();
    return Wrong(PlaceOf(node), absl::StrCat(what, ": expected lines such as \"user: deploy\""));
  }

  absl::Status CheckKey(const YAML::Node& key, bool again) const {
    if (!key.IsScalar()) return Wrong(PlaceOf(key), "expected a name before the colon");
    if (again) return Wrong(PlaceOf(key), absl::StrCat(key.Scalar(), " is there already"));
    return absl::OkStatus();
  }

  bool IsThere(const std::string& profile) const {
    return std::any_of(sections_.begin() + 1, sections_.end(),
                       [&](const ConfigSection& each) { return each.name == profile; });
  }

  // `profiles`: where those are, of the top; null: there are none in what is a profile itself.
  absl::Status ReadSection(const YAML::Node& node, ConfigSection* section, YAML::Node* profiles) {
    absl::Status status = CheckMap(node, section->name.empty() ? "the file" : section->name);
    for (auto entry = node.begin(); status.ok() && entry != node.end(); ++entry) {
      Setting setting;
      const auto same = [&](const Setting& each) { return each.name == setting.name; };
      if (entry->first.IsScalar()) setting.name = entry->first.Scalar();
      setting.place = PlaceOf(entry->first);
      const bool is_profiles = profiles != nullptr && setting.name == kProfiles;
      const bool again =
          is_profiles ? profiles->IsDefined() && !profiles->IsNull()
                      : std::any_of(section->settings.begin(), section->settings.end(), same);
      status = CheckKey(entry->first, again);
      if (is_profiles) {
        profiles->reset(entry->second);
        continue;
      }
      status.Update(ReadValues(entry->second, &setting));
      section->settings.push_back(std::move(setting));
    }
    return status;
  }

  absl::Status ReadProfiles(const YAML::Node& profiles) {
    absl::Status status = CheckMap(profiles, kProfiles);
    for (auto entry = profiles.begin(); status.ok() && entry != profiles.end(); ++entry) {
      ConfigSection profile;
      if (entry->first.IsScalar()) profile.name = entry->first.Scalar();
      status = CheckKey(entry->first, IsThere(profile.name));
      status.Update(ReadSection(entry->second, &profile, nullptr));
      sections_.push_back(std::move(profile));
    }
    return status;
  }

  const std::string path_;
  std::vector<ConfigSection> sections_;
};

}  // namespace

std::string ConfigFolder() {
  const std::string given = FromEnvironment("XDG_CONFIG_HOME");
  return (given.empty() ? FromEnvironment("HOME") + "/.config" : given) + "/muster";
}

absl::StatusOr<std::vector<ConfigSection>> ReadConfigFile(const std::string& path) {
  const absl::Status owner = CheckOwner(path);
  if (!owner.ok()) return owner;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  try {
    return Reader(path).Read(YAML::Load(*text));
  } catch (const YAML::Exception& error) {
    return Wrong(Place(path, error.mark), error.msg);
  }
}

}  // namespace muster::client
