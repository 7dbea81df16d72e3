#include <string>

#include "client/json.h"
#include "client/printer.h"

namespace muster::client {
namespace {

class JsonPrinter final : public Printer {
 public:
  explicit JsonPrinter(OutputWriter* writer) : writer_(writer) {}
  void OnEvent(const v1::Event& event, const RunView&) override {
    std::string* to = writer_->To(1);
    to->append(ToJson(event));
    to->push_back('\n');
  }
  void OnEnd(const RunView&) override {}

 private:
  OutputWriter* const writer_;
};

}  // namespace

std::unique_ptr<Printer> NewJsonPrinter(OutputWriter* writer) {
  return std::make_unique<JsonPrinter>(writer);
}

}  // namespace muster::client
