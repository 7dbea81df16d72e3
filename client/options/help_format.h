// How muster's help looks.
#ifndef CLIENT_OPTIONS_HELP_FORMAT_H_
#define CLIENT_OPTIONS_HELP_FORMAT_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace muster::client {

// Two columns, at most 100 characters wide, options in their groups. Of a footer the paragraphs are
// filled anew; lines that begin with a blank, such as examples, stay as they are.
class HelpFormat : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_HELP_FORMAT_H_
