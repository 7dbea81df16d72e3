#include "client/options/rollout_options.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace muster::client {
namespace {

absl::Status Invalid(absl::string_view option, absl::string_view text, absl::string_view hint) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": \"", text, "\" is ", hint));
}

// "3" or "10%"; false: neither.
bool ReadAmount(absl::string_view text, uint32_t least, v1::HostAmount* amount) {
  const bool percent = absl::ConsumeSuffix(&text, "%");
  uint32_t number = 0;
  // SimpleAtoi alone would take signs and blanks.
  if (text.find_first_not_of("0123456789") != text.npos) return false;
  if (!absl::SimpleAtoi(text, &number) || number < least || (percent && number > 100)) return false;
  percent ? amount->set_percent(number) : amount->set_hosts(number);
  return true;
}

absl::Status FillBatches(const std::string& batches, v1::Rollout* rollout) {
  if (batches.empty()) return absl::OkStatus();
  for (const absl::string_view size : absl::StrSplit(batches, ',')) {
    const absl::string_view text = absl::StripAsciiWhitespace(size);
    if (!ReadAmount(text, 1, rollout->add_batches())) {
      return Invalid("--batches", text, "no number of at least 1 and no percentage such as 10%");
    }
  }
  return absl::OkStatus();
}

absl::Status FillOrder(absl::string_view order, v1::Rollout* rollout) {
  const absl::string_view given = order;
  if (order.empty()) return absl::OkStatus();
  uint64_t seed = 0;
  if (order == "given") {
    rollout->set_order(v1::HOST_ORDER_GIVEN);
  } else if (order == "sorted") {
    rollout->set_order(v1::HOST_ORDER_SORTED);
  } else if (order == "shuffled") {
    rollout->set_order(v1::HOST_ORDER_SHUFFLED);
  } else if (absl::ConsumePrefix(&order, "shuffled:") && absl::SimpleAtoi(order, &seed)) {
    rollout->set_order(v1::HOST_ORDER_SHUFFLED);
    rollout->set_shuffle_seed(seed);
  } else {
    return Invalid("--order", given, "not given, sorted, shuffled or shuffled:SEED");
  }
  return absl::OkStatus();
}

// They would be ignored, which who gives them does not expect.
absl::Status CheckBatched(const RolloutOptions& options) {
  const char* option = options.confirm_batches                      ? "--confirm-batches"
                       : !options.probe.empty()                     ? "--probe"
                       : options.batch_pause > absl::ZeroDuration() ? "--batch-pause"
                                                                    : nullptr;
  if (option == nullptr || !options.batches.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": there are no batches without --batches"));
}

}  // namespace

absl::Status FillRollout(const RolloutOptions& options, v1::Rollout* rollout) {
  rollout->set_max_in_flight(options.max_in_flight);
  absl::Status status = CheckBatched(options);
  status.Update(FillBatches(options.batches, rollout));
  status.Update(FillOrder(options.order, rollout));
  if (!options.max_failures.empty() &&
      !ReadAmount(options.max_failures, 0, rollout->mutable_max_failures())) {
    status.Update(
        Invalid("--max-failures", options.max_failures, "no number and no percentage such as 5%"));
  }
  if (options.batch_pause > absl::ZeroDuration()) {
    *rollout->mutable_batch_pause() = google::protobuf::util::TimeUtil::NanosecondsToDuration(
        absl::ToInt64Nanoseconds(options.batch_pause));
  }
  rollout->set_confirm_batches(options.confirm_batches);
  if (!options.probe.empty()) rollout->mutable_probe()->set_shell(options.probe);
  rollout->set_lock(options.lock);
  return status;
}

}  // namespace muster::client
