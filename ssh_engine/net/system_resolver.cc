#include "ssh_engine/net/system_resolver.h"

#include <limits.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "ssh_engine/net/name_order.h"

namespace muster::engine {
namespace {

using Failure = NameAnswer::Failure;
using System = NameOrder::System;

constexpr absl::Duration kCheckInterval = absl::Seconds(1);  // of the system's files
constexpr char kNsswitchConf[] = "/etc/nsswitch.conf";

// Differs whenever the file does.
std::string VersionOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return "none ";
  return absl::StrCat(info.st_dev, ".", info.st_ino, ".", info.st_size, ".", info.st_mtim.tv_sec,
                      ".", info.st_mtim.tv_nsec, " ");
}

// Empty: it cannot be read.
std::string ContentOf(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// gethostname(2); empty: it has none.
std::string OwnName() {
  char name[HOST_NAME_MAX + 1] = "";
  return gethostname(name, sizeof(name)) == 0 ? name : "";
}

// What the system's files said when a look-up began.
struct Files {
  std::shared_ptr<DnsChannel> channel;
  NameOrder order;
};

bool MayPass(Failure failure) {
  return failure != Failure::kNoSuchName && failure != Failure::kNoAddress;
}

// `order`: what nsswitch.conf says, where its other sources were asked, too.
std::string WhatHappened(const NameAnswer& answer, const std::string& servers,
                         const std::string& order) {
  if (!order.empty() && !MayPass(answer.failure)) {
    return absl::StrCat("no source of the system knows the name (nsswitch.conf: hosts: ", order,
                        "); is it spelled right, and does it need a domain?");
  }
  switch (answer.failure) {
    case Failure::kNoSuchName:
      return "there is no such name (NXDOMAIN); is it spelled right, and does it need a domain?";
    case Failure::kNoAddress:
      return "the name has no address (NODATA); is it spelled right, and does it need a domain?";
    case Failure::kServerFailed:
      return absl::StrCat(
          "the name server failed (SERVFAIL); it may pass, else look at the server "
          "or the name's domain (resolv.conf: ",
          servers, ")");
    case Failure::kRefused:
      return absl::StrCat(
          "the name server refuses to answer (REFUSED); is the name server in "
          "resolv.conf right (",
          servers, ")?");
    case Failure::kNoAnswer:
      return absl::StrCat("no name server answers (resolv.conf: ", servers,
                          "); is the network up, and the name server right?");
    case Failure::kSystemFailed:
      return absl::StrCat("the system's resolver: ", answer.detail,
                          " (nsswitch.conf: hosts: ", order, ")");
    case Failure::kNone:
    case Failure::kOther:
      return absl::StrCat(answer.detail, " (resolv.conf: ", servers, ")");
  }
  return "";
}

// One host's look-up. Owned by the caller's request.
class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(EventLoop* loop, SystemLookup* system_lookup, Files files, std::string host,
         Resolver::Callback callback)
      : loop_(loop),
        system_lookup_(system_lookup),
        files_(std::move(files)),
        host_(std::move(host)),
        callback_(std::move(callback)) {}

  void Start() {
    if (absl::optional<Address> literal = Address::Parse(host_)) return TellLater({*literal}, true);
    system_ = files_.order.ForName(host_, OwnName());
    if (system_ == System::kInstead) return AskSystem();
    std::vector<Address> known = files_.channel->FindInHosts(host_);
    if (!known.empty()) return TellLater(std::move(known), true);
    names_ = files_.channel->NamesOf(host_);
    AskServers();
  }
  void Cancel() {
    canceled_ = true;
    callback_ = nullptr;
    request_.reset();
  }

 private:
  void AskServers() {
    const std::string name = names_[next_++];
    pending_ = 2;
    for (const int family : {AF_INET6, AF_INET}) {
      files_.channel->Ask(name, family, Taker());
    }
  }
  // It goes through the search list by itself, and takes both families from one source.
  void AskSystem() {
    asked_system_ = true;
    pending_ = 1;
    request_ = system_lookup_->Ask(loop_, host_, Taker());
  }
  // Who is asked is this one's, not the other way round.
  NameCallback Taker() {
    return [weak = weak_from_this(), loop = loop_](NameAnswer answer) {
      // Later: neither within Resolve nor within c-ares, which must not be destroyed there.
      loop->Defer([weak, answer = std::move(answer)]() mutable {
        if (const auto self = weak.lock()) self->OnAnswer(std::move(answer));
      });
    };
  }

  void OnAnswer(NameAnswer answer) {
    --pending_;
    if (canceled_) return;
    const bool last = pending_ == 0;
    if (answer.failure == Failure::kNone) {
      found_ = true;
      return Tell({std::move(answer.addresses), last});
    }
    Note(std::move(answer));
    if (!last) return;
    if (found_) return Tell({std::vector<Address>(), true});
    if (!MayPass(failed_.failure) && next_ < names_.size()) return AskServers();
    if (system_ == System::kAfter && !asked_system_) return AskSystem();
    Fail();
  }

  // A failure tells more than that there is nothing, and that a name is there than that it is not.
  void Note(NameAnswer answer) {
    const auto weight = [](Failure failure) {
      if (failure == Failure::kNone) return 0;
      if (failure == Failure::kNoSuchName) return 1;
      return failure == Failure::kNoAddress ? 2 : 3;
    };
    if (weight(answer.failure) > weight(failed_.failure)) failed_ = std::move(answer);
  }

  void Fail() {
    const std::string message = absl::StrCat(
        "looking up \"", host_, "\": ",
        WhatHappened(failed_, files_.channel->servers(), asked_system_ ? files_.order.text() : ""));
    if (MayPass(failed_.failure)) return Tell({absl::UnavailableError(message), true});
    Tell({absl::NotFoundError(message), true});
  }

  void TellLater(std::vector<Address> addresses, bool last) {
    loop_->Defer([weak = weak_from_this(), addresses = std::move(addresses), last]() mutable {
      const auto self = weak.lock();
      if (self != nullptr && !self->canceled_) self->Tell({std::move(addresses), last});
    });
  }
  void Tell(Resolver::Answer answer) {
    const bool last = answer.last;
    Resolver::Callback callback = std::exchange(callback_, nullptr);
    callback(std::move(answer));  // may destroy the request
    if (!last && !canceled_) callback_ = std::move(callback);
  }

  EventLoop* const loop_;
  SystemLookup* const system_lookup_;
  const Files files_;
  const std::string host_;
  Resolver::Callback callback_;  // empty: canceled, or answered
  bool canceled_ = false;
  System system_ = System::kNever;
  bool asked_system_ = false;
  std::unique_ptr<SystemLookup::Request> request_;
  std::vector<std::string> names_;
  size_t next_ = 0;  // in names_
  int pending_ = 0;  // questions
  bool found_ = false;
  NameAnswer failed_;
};

class SystemResolver final : public Resolver {
 public:
  SystemResolver(EventLoop* loop, SystemLookup* lookup, const DnsOptions& options)
      : loop_(loop), lookup_(lookup), options_(options) {}

  absl::Status Init() {
    version_ = Version();
    checked_ = loop_->Now();
    return ReadFiles();
  }

  std::unique_ptr<Request> Resolve(absl::string_view host, Callback callback) override {
    if (loop_->Now() - checked_ >= kCheckInterval) CheckFiles();
    auto lookup =
        std::make_shared<Lookup>(loop_, lookup_, files_, std::string(host), std::move(callback));
    lookup->Start();
    return std::make_unique<RequestImpl>(std::move(lookup));
  }

 private:
  class RequestImpl final : public Request {
   public:
    explicit RequestImpl(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
    ~RequestImpl() override { lookup_->Cancel(); }

   private:
    const std::shared_ptr<Lookup> lookup_;
  };

  std::string Version() const {
    return absl::StrCat(VersionOf(options_.resolv_conf), VersionOf(kNsswitchConf),
                        VersionOf("/etc/host.conf"));
  }

  // Before reading: a change in between is seen next time. Where they cannot be read now, what they
  // said before still counts, and they are tried again.
  void CheckFiles() {
    checked_ = loop_->Now();
    std::string version = Version();
    if (version == version_) return;
    if (ReadFiles().ok()) version_ = std::move(version);
  }

  absl::Status ReadFiles() {
    absl::StatusOr<std::shared_ptr<DnsChannel>> channel = DnsChannel::Create(loop_, options_);
    if (channel.ok()) files_ = {*std::move(channel), NameOrder::Parse(ContentOf(kNsswitchConf))};
    return channel.status();
  }

  EventLoop* const loop_;
  SystemLookup* const lookup_;
  const DnsOptions options_;
  Files files_;  // shared with look-ups under way
  std::string version_;
  absl::Duration checked_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Resolver>> NewSystemResolver(EventLoop* loop, SystemLookup* lookup,
                                                            const DnsOptions& options) {
  auto resolver = std::make_unique<SystemResolver>(loop, lookup, options);
  const absl::Status status = resolver->Init();
  if (!status.ok()) return status;
  return resolver;
}

}  // namespace muster::engine
