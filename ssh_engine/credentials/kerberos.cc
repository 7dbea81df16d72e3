#include "ssh_engine/credentials/kerberos.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {
namespace {

gss_cred_id_t CredentialOf(void* handle) { return static_cast<gss_cred_id_t>(handle); }

std::string Take(gss_buffer_t buffer) {
  std::string text(static_cast<const char*>(buffer->value), buffer->length);
  OM_uint32 minor = 0;
  gss_release_buffer(&minor, buffer);
  return text;
}

std::string StatusText(OM_uint32 code, int kind) {
  OM_uint32 minor = 0;
  OM_uint32 more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  if (GSS_ERROR(gss_display_status(&minor, code, kind, gss_mech_krb5, &more, &text))) return "";
  return PeerText(Take(&text));
}

// What Kerberos says of it, else GSSAPI.
absl::Status Failure(OM_uint32 major, OM_uint32 minor) {
  if (GSS_ROUTINE_ERROR(major) == GSS_S_CREDENTIALS_EXPIRED) {
    return absl::FailedPreconditionError("the ticket has expired");
  }
  std::string text = minor == 0 ? "" : StatusText(minor, GSS_C_MECH_CODE);
  if (text.empty()) text = StatusText(major, GSS_C_GSS_CODE);
  return absl::FailedPreconditionError(text);
}

absl::Status NotThere(const TicketSource& source, OM_uint32 major, OM_uint32 minor) {
  return absl::FailedPreconditionError(
      absl::StrCat(Failure(major, minor).message(),
                   source.cache.empty() ? "" : absl::StrCat(" (", PeerText(source.cache), ")"),
                   "; kinit gets one"));
}

// A name of GSSAPI's, for as long as this is.
class Name {
 public:
  Name(const std::string& text, gss_OID kind) {
    gss_buffer_desc buffer = {text.size(), const_cast<char*>(text.data())};
    OM_uint32 minor = 0;
    gss_import_name(&minor, &buffer, kind, &name_);
  }
  ~Name() {
    OM_uint32 minor = 0;
    if (name_ != GSS_C_NO_NAME) gss_release_name(&minor, &name_);
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  gss_name_t get() const { return name_; }

 private:
  gss_name_t name_ = GSS_C_NO_NAME;
};

std::string TextOf(gss_name_t name) {
  OM_uint32 minor = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_display_name(&minor, name, &text, nullptr);
  gss_release_name(&minor, &name);
  return GSS_ERROR(major) ? "" : PeerText(Take(&text));
}

}  // namespace

Tickets::~Tickets() {
  OM_uint32 minor = 0;
  gss_cred_id_t credential = CredentialOf(handle_);
  if (credential != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, &credential);
}

absl::StatusOr<std::unique_ptr<Tickets>> Tickets::Find(const TicketSource& source) {
  std::unique_ptr<Tickets> tickets(new Tickets());
  gss_key_value_element_desc element = {"ccache", source.cache.c_str()};
  gss_key_value_set_desc store = {1, &element};
  gss_OID_set_desc kerberos = {1, const_cast<gss_OID>(gss_mech_krb5)};
  const Name wanted(source.principal, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME));
  OM_uint32 minor = 0;
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = gss_acquire_cred_from(
      &minor, source.principal.empty() ? GSS_C_NO_NAME : wanted.get(), GSS_C_INDEFINITE, &kerberos,
      GSS_C_INITIATE, source.cache.empty() ? GSS_C_NO_CRED_STORE : &store, &credential, nullptr,
      nullptr);
  tickets->handle_ = credential;
  if (GSS_ERROR(major)) return NotThere(source, major, minor);
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 seconds = 0;
  major = gss_inquire_cred(&minor, credential, &name, &seconds, nullptr, nullptr);
  if (GSS_ERROR(major)) return NotThere(source, major, minor);
  tickets->principal_ = TextOf(name);
  if (seconds == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ticket of ", tickets->principal_, " has expired; kinit gets one"));
  }
  tickets->expires_ = seconds == GSS_C_INDEFINITE ? absl::InfiniteFuture()
                                                  : absl::Now() + absl::Seconds(int64_t{seconds});
  return tickets;
}

absl::Status Tickets::GetFor(const std::string& host) const {
  const Name server(absl::StrCat("host@", host), GSS_C_NT_HOSTBASED_SERVICE);
  OM_uint32 minor = 0;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_init_sec_context(
      &minor, CredentialOf(handle_), &context, server.get(), const_cast<gss_OID>(gss_mech_krb5),
      GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG, 0, nullptr, nullptr, nullptr, &token, nullptr, nullptr);
  absl::Status status;
  if (GSS_ERROR(major)) status = Failure(major, minor);
  gss_release_buffer(&minor, &token);
  if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  return status;
}

}  // namespace muster::engine
