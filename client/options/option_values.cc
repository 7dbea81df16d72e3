// Kinds of values on the command line that CLI11 does not know.
#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

bool ParseSize(absl::string_view text, uint64_t* bytes) {
  int shift = 0;
  const size_t unit = absl::string_view("KMGT").find(text.empty() ? ' ' : text.back());
  if (unit != absl::string_view::npos) {
    shift = 10 * (static_cast<int>(unit) + 1);
    text.remove_suffix(1);
  }
  uint64_t count = 0;
  if (!absl::SimpleAtoi(text, &count)) return false;
  if (count > std::numeric_limits<uint64_t>::max() >> shift) return false;
  *bytes = count << shift;
  return true;
}

// "1m30s"; a number alone, "2" or "0.5", is one of seconds, as with ssh's ConnectTimeout.
bool ParseDuration(const std::string& text, absl::Duration* duration) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  return absl::ParseDuration(number ? absl::StrCat(text, "s") : text, duration) &&
         *duration >= absl::ZeroDuration() && *duration < absl::InfiniteDuration();
}

// "--from" of "-f,--from,--after".
std::string LongName(const std::string& name) {
  const size_t begin = name.find("--");
  return begin == name.npos ? name : name.substr(begin, name.find(',', begin) - begin);
}

// SimpleAtoi alone would take signs and blanks.
template <typename T>
bool ParseNumber(const std::string& text, T least, T most, T* value) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos &&
         absl::SimpleAtoi(text, value) && *value >= least && *value <= most;
}

}  // namespace

CLI::Option* AddList(CLI::App* app, const std::string& name, std::vector<std::string>* values,
                     const std::string& what) {
  // Else CLI11 would take the words that follow for values, too.
  return app->add_option(name, *values, what)->allow_extra_args(false);
}

CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration* value,
                         const std::string& what) {
  const auto parse = [name, value](const CLI::results_t& results) {
    if (ParseDuration(results[0], value)) return true;
    throw CLI::ValidationError(
        name, "\"" + results[0] + "\" is no duration; write 500ms, 10s or 10, 5m or 1h");
  };
  return app->add_option(name, parse, what)->type_name("DURATION")->expected(1);
}

template <typename T>
CLI::Option* AddNumber(CLI::App* app, const std::string& name, T* value, T least, T most,
                       const std::string& what) {
  const std::string limit =
      most == std::numeric_limits<T>::max() ? "on" : absl::StrCat("to ", most);
  const auto parse = [name, value, least, most, limit](const CLI::results_t& results) {
    if (ParseNumber(results[0], least, most, value)) return true;
    throw CLI::ValidationError(
        LongName(name),
        absl::StrCat("\"", results[0], "\" is no whole number from ", least, " ", limit));
  };
  return app->add_option(name, parse, what)->type_name("N")->expected(1);
}

template CLI::Option* AddNumber(CLI::App*, const std::string&, uint32_t*, uint32_t, uint32_t,
                                const std::string&);
template CLI::Option* AddNumber(CLI::App*, const std::string&, uint64_t*, uint64_t, uint64_t,
                                const std::string&);

CLI::Option* AddChoice(CLI::App* app, const std::string& name, std::string* value,
                       const std::vector<std::string>& choices, const std::string& what) {
  const auto parse = [name, value, choices](const CLI::results_t& results) {
    *value = results[0];
    if (std::find(choices.begin(), choices.end(), *value) != choices.end()) return true;
    throw CLI::ValidationError(
        LongName(name), absl::StrCat("\"", *value, "\" is none of ", absl::StrJoin(choices, ", ")));
  };
  const std::string all = absl::StrJoin(choices, "|");
  const CLI::Validator told([](std::string&) { return ""; }, all);  // for ChoicesOf
  return app->add_option(name, parse, what)->type_name(all)->expected(1)->check(told);
}

CLI::Option* AddSize(CLI::App* app, const std::string& name, uint64_t* value,
                     const std::string& what) {
  const auto parse = [name, value](const CLI::results_t& results) {
    if (ParseSize(results[0], value)) return true;
    throw CLI::ValidationError(name,
                               "\"" + results[0] + "\" is no size; write 65536, 64K, 10M or 1G");
  };
  return app->add_option(name, parse, what)->type_name("SIZE")->expected(1);
}

}  // namespace muster::client
