// Output as pdsh, clush and dshbak have it.
#ifndef CLIENT_OUTPUT_FOREIGN_PRINTERS_H_
#define CLIENT_OUTPUT_FOREIGN_PRINTERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/options/options.h"
#include "client/output/printer.h"

namespace muster::client {

// Identical output under its hosts: a head between rules, or with `look.lines` each line behind
// them.
std::string GatheredBlock(const std::vector<std::string>& hosts, absl::string_view text,
                          const ForeignLook& look);

// Standard output, at the end, as blocks; standard error with it (`look.gather_errors`), or in
// lines of `format` as it comes; with `look.verbose` all comes in such lines as well.
std::unique_ptr<Printer> NewGatherPrinter(OutputWriter* writer, const ForeignLook& look,
                                          const LineFormat& format);

// Which host did not succeed, on standard error: "pdsh@here: web1: ssh exited with exit code 1",
// "clush: web1: exited with exit code 1"; what they have no words for, in Muster's. At once, where
// output is gathered at the end. `command_code`: of -S.
std::unique_ptr<Printer> NewForeignFailures(OutputWriter* writer, const ForeignLook& look,
                                            bool command_code);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_FOREIGN_PRINTERS_H_
